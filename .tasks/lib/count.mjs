// Counting what test runners say.

// cargo: "test result: ok. 12 passed; 0 failed; …"; vitest: "Tests  12 passed (12)".
const PASSED = [/test result: ok\. (\d+) passed/g, /^\s*Tests\s+(\d+) passed/gm];
const COLOURS = /\u001b\[[0-9;]*m/g;

/** How many tests passed, from the runner's own output. */
export function passedIn(text) {
  const plain = text.replace(COLOURS, '');
  return PASSED.flatMap((pattern) => [...plain.matchAll(pattern)]).reduce((sum, match) => sum + Number(match[1]), 0);
}
