/** One throughput curve in uPlot, with the colours and figures of the window. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { spanFor } from './span';

const HEIGHT = 96;

export interface Curve {
  /** Times in seconds and their values; replaces what is shown. */
  set(times: number[], values: number[]): void;
  resize(width: number): void;
  recolour(): void;
  end(): void;
}

/** `whole`: from the first point to the last, however long that is. */
export function curve(home: HTMLElement, words: (value: number) => string, whole: boolean): Curve {
  let width = home.clientWidth;
  let data: uPlot.AlignedData = [[], []];
  let plot = draw();

  function draw(): uPlot {
    const style = getComputedStyle(home);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const font = `11px ${style.fontFamily}`;
    const axis = { stroke: colour('--muted'), font, ticks: { show: false } };
    const grid = { stroke: colour('--line'), width: 1 };
    return new uPlot(
      {
        width,
        height: HEIGHT,
        padding: [6, 28, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: {
            time: true,
            range: (_, min, max) => [whole ? min : max - spanFor((max ?? 0) - (min ?? 0)), max],
          },
          y: { range: (_, __, max) => [0, Math.max(max ?? 0, 1) * 1.15] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 18,
            gap: 4,
            space: 64,
            values: [
              [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
              [60, '{HH}:{mm}', null, null, '{D} {MMM}', null, null, null, 1],
              [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
            ],
          },
          { ...axis, grid, size: 64, gap: 6, space: 22, values: (_, ticks) => ticks.map(words) },
        ],
        series: [
          {},
          {
            stroke: colour('--accent'),
            fill: colour('--accent-wash'),
            width: 1.5,
            points: { show: false },
          },
        ],
      },
      data,
      home,
    );
  }

  return {
    set(times, values) {
      data = [times, values];
      plot.setData(data);
    },
    resize(wide) {
      width = wide;
      plot.setSize({ width, height: HEIGHT });
    },
    recolour() {
      plot.destroy();
      plot = draw();
    },
    end: () => plot.destroy(),
  };
}
