/** Which rows of a long list are in view. Pure. */

/** Browsers cap an element's height near 33 million pixels; beyond this the scroll bar is scaled. */
const MAX_HEIGHT = 8_000_000;

export interface View {
  /** Height of the scrolled element. */
  height: number;
  first: number;
  last: number;
  /** Where the first row is drawn. */
  offset: number;
}

export function view(total: number, row: number, viewport: number, scrollTop: number): View {
  const whole = total * row;
  const height = Math.min(whole, MAX_HEIGHT);
  const travel = Math.max(0, height - viewport);
  const top = travel > 0 ? (Math.min(scrollTop, travel) / travel) * (whole - viewport) : 0;
  const first = Math.max(0, Math.floor(top / row));
  const last = Math.min(total - 1, Math.ceil((top + viewport) / row));
  return { height, first, last, offset: scrollTop - (top - first * row) };
}

/** The scroll position that brings `index` into view; the present one when it is there already. */
export function reveal(
  index: number,
  total: number,
  row: number,
  viewport: number,
  scrollTop: number,
): number {
  const whole = total * row;
  const travel = Math.max(0, Math.min(whole, MAX_HEIGHT) - viewport);
  if (travel === 0) return 0;
  const scale = travel / (whole - viewport);
  const top = scrollTop / scale;
  if (index * row < top) return index * row * scale;
  if ((index + 1) * row > top + viewport) return ((index + 1) * row - viewport) * scale;
  return scrollTop;
}
