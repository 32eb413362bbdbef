// What the tasks print: one line a step, and errors that say what, where, why and what to do.

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Announces a step that is about to run. */
export function step(text) {
  console.log(`${paint('36;1', '▸')} ${text}`);
}

/** Says something worth knowing that is no step. */
export function note(text) {
  console.log(`  ${text}`);
}

/** Raised with a complete message; `task` prints it without a stack and ends with code 1. */
export class TaskError extends Error {
  /**
   * @param {string} what what went wrong, where and why
   * @param {string} advice what to do next
   */
  constructor(what, advice = '') {
    super(advice ? `${what}\n  → ${advice}` : what);
  }
}

/** Runs a task's body: the first failure ends it with a plain message and a non-zero code. */
export async function task(body) {
  try {
    await body();
  } catch (error) {
    const text = error instanceof TaskError ? error.message : (error.stack ?? String(error));
    console.error(`${paint('31;1', '✗')} ${text}`);
    process.exit(1);
  }
}
