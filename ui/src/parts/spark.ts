/** A line as small as a word: pure. */

/** The path of these values, from 0 at the bottom to the highest at the top; gaps where nothing is known. Empty
    where there is nothing to draw. */
export function sparkPath(values: (number | null)[], width: number, height: number): string {
  const most = values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0);
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
