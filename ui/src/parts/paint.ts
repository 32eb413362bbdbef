/** Paints the rhythm strip on a canvas with the colours of the tokens. */
import type { Strip } from './rhythm';

const MARKS_PX = 8;
const FAILED_MIN_PX = 3;
const STRIPE_PX = 2;

/** Height of one lane, so that two lanes are easy to read and sixteen still fit. */
export function laneHeight(lanes: number): number {
  return lanes <= 3 ? 22 : lanes <= 6 ? 16 : lanes <= 10 ? 11 : 7;
}

export function stripHeight(lanes: number): number {
  return MARKS_PX + lanes * (laneHeight(lanes) + 2);
}

export function paint(canvas: HTMLCanvasElement, strip: Strip, chosen: number | null): void {
  const width = canvas.clientWidth;
  const height = stripHeight(strip.lanes);
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  if (!pen || width === 0) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const x = (ms: number) => ((ms - strip.fromMs) / (strip.toMs - strip.fromMs)) * width;
  const lane = laneHeight(strip.lanes);
  const top = (index: number) => MARKS_PX + index * (lane + 2);

  pen.scale(scale, scale);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = colour('--sunken');
  for (let index = 0; index < strip.lanes; index += 1) pen.fillRect(0, top(index), width, lane);

  for (const block of strip.blocks) {
    const left = x(block.fromMs);
    const wide = Math.max(1, x(block.toMs) - left);
    const y = top(block.lane);
    pen.fillStyle = colour('--accent-wash');
    pen.fillRect(left, y, wide, lane);
    let bottom = y + lane;
    for (const [share, token, least] of [
      [block.delivered, '--accent', 0],
      [block.skipped, '--neutral', 0],
      [block.failed, '--bad', FAILED_MIN_PX],
    ] as const) {
      const high = share > 0 ? Math.max(least, share * lane) : 0;
      pen.fillStyle = colour(token);
      pen.fillRect(left, Math.max(y, bottom - high), wide, high);
      bottom -= high;
    }
    const again = block.retried > 0 ? Math.max(FAILED_MIN_PX, block.retried * lane) : 0;
    hatch(pen, left, Math.max(y, bottom - again), wide, again, colour('--warn'));
    if (block.batch === chosen) {
      pen.strokeStyle = colour('--text');
      pen.lineWidth = 1;
      pen.strokeRect(Math.max(0.5, left + 0.5), y + 0.5, Math.max(1, wide - 1), lane - 1);
    }
  }

  pen.fillStyle = colour('--text');
  for (const barrier of strip.barriers) {
    const at = Math.min(width - 1, Math.round(x(barrier.atMs)));
    pen.globalAlpha = 0.75;
    pen.fillRect(at, MARKS_PX - 3, 1, height - MARKS_PX + 3);
    pen.globalAlpha = 1;
    // A mark by shape too: not everybody sees the colour.
    if (barrier.failed) mark(pen, at, colour('--bad'));
    pen.fillStyle = colour('--text');
  }
}

/** Stripes, so that what is to be tried again is told from what is done without its colour. */
/** Upright stripes. */
export function hatch(
  pen: CanvasRenderingContext2D,
  left: number,
  top: number,
  wide: number,
  high: number,
  colour: string,
): void {
  pen.fillStyle = colour;
  for (let at = 0; at < wide && high > 0; at += STRIPE_PX * 2) {
    pen.fillRect(left + at, top, Math.min(STRIPE_PX, wide - at), high);
  }
}

function mark(pen: CanvasRenderingContext2D, at: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(at - 4, 0);
  pen.lineTo(at + 4, 0);
  pen.lineTo(at, 5);
  pen.fill();
}
