const SPANS_S = [60, 120, 300, 600];

/** The time that a chart spans: a minute at first, ten in the end. */
export function spanFor(seconds: number): number {
  return SPANS_S.find((span) => seconds <= span) ?? 600;
}
