/** One curve over time in uPlot, with the colours and figures of the window, marks where something changed, and bands
    where the run waited. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Range } from './curve';
import type { Mark } from './marks';
import { hatch } from './paint';

const HEIGHT = 104;
/** Room for the marks' heads above the curve. */
const TOP = 12;
/** A shorter drag is a click. */
const DRAG_PX = 6;
/** How strongly the lines of a band stand before its tint. */
const BAND_LINES = 0.3;

export interface Drawing {
  /** Times in seconds. */
  times: number[];
  values: (number | null)[];
  range: Range;
  marks: Mark[];
  /** Behind the curve. */
  bands: Range[];
  cursor: number | null;
}

export interface Hands {
  words: (value: number) => string;
  point: (atMs: number | null) => void;
  zoom: (fromMs: number, toMs: number) => void;
  back: () => void;
}

export interface Chart {
  set(drawing: Drawing): void;
  resize(width: number): void;
  recolour(): void;
  end(): void;
}

export function chart(home: HTMLElement, { words, point, zoom, back }: Hands): Chart {
  let width = home.clientWidth;
  let drawing: Drawing = {
    times: [],
    values: [],
    range: { fromMs: 0, toMs: 1_000 },
    marks: [],
    bands: [],
    cursor: null,
  };
  let plot = draw();

  function draw(): uPlot {
    const style = getComputedStyle(home);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const font = `11px ${style.fontFamily}`;
    const axis = { stroke: colour('--muted'), font, ticks: { show: false } };
    const grid = { stroke: colour('--line'), width: 1 };
    const shown = new uPlot(
      {
        width,
        height: HEIGHT,
        padding: [TOP, 28, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false, dist: DRAG_PX },
        },
        scales: {
          x: { time: true, range: () => [drawing.range.fromMs / 1000, drawing.range.toMs / 1000] },
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
              [3_600, '{HH}:{mm}', null, null, '{D} {MMM}', null, null, null, 0],
              [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
              [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
            ],
          },
          {
            ...axis,
            grid,
            size: 64,
            gap: 6,
            space: 22,
            // Where nothing moved there is no scale to tell of.
            values: (_, ticks) => ticks.map((tick) => (tick > 0 && !hasFigures() ? '' : words(tick))),
          },
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
        hooks: {
          drawClear: [(u) => paintBands(u, drawing.bands, colour('--warn-wash'), colour('--warn'))],
          draw: [(u) => paintMarks(u, drawing.marks, { line: colour('--muted'), head: colour('--text') })],
          setCursor: [
            (u) => {
              const { left, event } = u.cursor;
              // What the keyboard and the other chart point at comes back here without an event.
              if (event) point(left === undefined || left < 0 ? null : u.posToVal(left, 'x') * 1000);
            },
          ],
          setSelect: [
            (u) => {
              const { left, width: wide } = u.select;
              if (wide < DRAG_PX) return;
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              zoom(u.posToVal(left, 'x') * 1000, u.posToVal(left + wide, 'x') * 1000);
            },
          ],
        },
      },
      [drawing.times, drawing.values],
      home,
    );
    shown.over.addEventListener('dblclick', back);
    return shown;
  }

  function hasFigures(): boolean {
    return drawing.values.some((value) => value !== null && value > 0);
  }

  function showCursor(): void {
    const left = drawing.cursor === null ? -10 : plot.valToPos(drawing.cursor / 1000, 'x');
    plot.setCursor({ left, top: drawing.cursor === null ? -10 : 1 }, false);
  }

  return {
    set(next) {
      drawing = next;
      plot.setData([next.times, next.values]);
      showCursor();
    },
    resize(wide) {
      width = wide;
      plot.setSize({ width, height: HEIGHT });
    },
    recolour() {
      plot.destroy();
      plot = draw();
      showCursor();
    },
    end: () => plot.destroy(),
  };
}

/** A tinted band, hatched so that it is not told by its colour alone. */
function paintBands(u: uPlot, bands: Range[], tint: string, line: string): void {
  const { ctx: pen } = u;
  const { left, top, width, height } = u.bbox;
  const { fillStyle, globalAlpha } = pen;
  const x = (ms: number) => Math.min(left + width, Math.max(left, u.valToPos(ms / 1000, 'x', true)));
  for (const { fromMs, toMs } of bands) {
    const [from, to] = [x(fromMs), x(toMs)];
    const wide = Math.max(uPlot.pxRatio, to - from);
    pen.fillStyle = tint;
    pen.fillRect(from, top, wide, height);
    pen.globalAlpha = BAND_LINES;
    hatch(pen, from, top, wide, height, line);
    pen.globalAlpha = globalAlpha;
  }
  pen.fillStyle = fillStyle;
}

/** A line with a head; whose hand it was is told by the head's shape. */
function paintMarks(u: uPlot, marks: Mark[], colours: { line: string; head: string }): void {
  const { ctx: pen } = u;
  const scale = uPlot.pxRatio;
  const { top, height } = u.bbox;
  // uPlot remembers what it set last and does not set it again, so everything is put back as it was.
  const { strokeStyle, fillStyle, lineWidth } = pen;
  const dash = pen.getLineDash();
  for (const mark of marks) {
    const x = Math.round(u.valToPos(mark.atMs / 1000, 'x', true)) + 0.5;
    pen.strokeStyle = colours.line;
    pen.lineWidth = scale;
    pen.setLineDash([2 * scale, 2 * scale]);
    pen.beginPath();
    pen.moveTo(x, top - 2 * scale);
    pen.lineTo(x, top + height);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = colours.head;
    pen.beginPath();
    const [half, middle] = [3.5 * scale, top - 6 * scale];
    if (mark.by === 'person' || mark.by === 'job_file') pen.arc(x, middle, half, 0, 2 * Math.PI);
    else if (mark.by === 'autopilot') {
      pen.moveTo(x, middle - half - 1);
      pen.lineTo(x + half + 1, middle);
      pen.lineTo(x, middle + half + 1);
      pen.lineTo(x - half - 1, middle);
    } else {
      pen.moveTo(x - half, middle - half);
      pen.lineTo(x + half, middle - half);
      pen.lineTo(x, middle + half);
    }
    pen.fill();
  }
  Object.assign(pen, { strokeStyle, fillStyle, lineWidth });
  pen.setLineDash(dash);
}
