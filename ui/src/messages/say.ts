/** Words for what the engine tells as a value. A kind without words does not compile. */

/** What is the case, and what to do about it (empty: nothing). */
export type Said = [sentence: string, advice: string];

/** Words for every kind of a value. */
export type Words<Of extends { kind: string }, Out = Said> = {
  [Kind in Of['kind']]: (of: Extract<Of, { kind: Kind }>) => Out;
};

/** The words for a value. */
export function say<Of extends { kind: string }, Out>(words: Words<Of, Out>, of: Of): Out {
  return (words[of.kind as Of['kind']] as (of: Of) => Out)(of);
}
