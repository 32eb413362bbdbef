/** Does a piece of work again whenever it is asked to, one at a time: what is asked for meanwhile is
    done once more at the end, with what is newest then. */
export function latest(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  const go = async () => {
    do {
      again = false;
      await work();
    } while (again);
  };
  return () => {
    again = true;
    running ??= go().finally(() => (running = null));
    return running;
  };
}
