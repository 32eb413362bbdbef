/** Bandwidth as a single number, where it is one: pure. The whole language is the engine's. */

const UNITS: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Megabytes a second, at least 1; 0 for no limit; null for a timetable. */
export function megabytes(text: string): number | null {
  const plain = text.trim().toLowerCase();
  if (plain === 'off' || plain === '') return 0;
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?i?b)\/s$/.exec(plain) ?? [];
  const factor = unit && UNITS[unit];
  if (!number || !factor) return null;
  return Math.max(1, Math.round((Number(number) * factor) / 1e6));
}

export function bandwidthOf(mb: number): string {
  return mb === 0 ? 'off' : `${mb}MB/s`;
}
