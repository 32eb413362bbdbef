/** A line as small as a word: pure. */

/** The highest of these values. */
export const highest = (values: (number | null)[]): number =>
  values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0);

/** The path of these values, from 0 at the bottom to `most` at the top; gaps where nothing is known. Empty where
    there is nothing to draw. */
export function sparkPath(
  values: (number | null)[],
  width: number,
  height: number,
  most = highest(values),
): string {
  if (most === 0 || values.filter((value) => value !== null).length < 2) return '';
  const x = (i: number) => ((i / (values.length - 1)) * width).toFixed(1);
  const y = (value: number) => (height - 1 - (value / most) * (height - 2)).toFixed(1);
  let drawing = false;
  return values
    .map((value, i) => {
      if (value === null) {
        drawing = false;
        return '';
      }
      const move = drawing ? 'L' : 'M';
      drawing = true;
      return `${move}${x(i)} ${y(value)}`;
    })
    .join('');
}

/** Where something held, as bands from left to right, at least a pixel wide. */
export function sparkBands(held: boolean[], width: number): { x: number; width: number }[] {
  const each = width / Math.max(1, held.length);
  const bands: { x: number; width: number }[] = [];
  held.forEach((holds, i) => {
    if (!holds) return;
    const last = bands.at(-1);
    if (last && held[i - 1]) last.width = (i + 1) * each - last.x;
    else bands.push({ x: i * each, width: Math.max(1, each) });
  });
  return bands;
}
