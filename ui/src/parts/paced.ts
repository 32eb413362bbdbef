/** Calls `draw` at once, then at most every `everyMs`, always with what is newest at the end. */
export function paced(everyMs: number): { ask: (draw: () => void) => void; end: () => void } {
  let waiting: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tick = () => {
    timer = null;
    const draw = waiting;
    waiting = null;
    if (!draw) return;
    draw();
    timer = setTimeout(tick, everyMs);
  };
  return {
    ask(draw) {
      if (timer) {
        waiting = draw;
        return;
      }
      draw();
      timer = setTimeout(tick, everyMs);
    },
    end() {
      if (timer) clearTimeout(timer);
      waiting = null;
    },
  };
}
