import { sight as own, type Sight } from '../state/sight';

/** Calls `draw` at once, then at most every `everyMs`, always with what is newest at the end; while nobody sees
    the page not at all. */
export function paced(
  everyMs: number,
  sight: Pick<Sight, 'hidden' | 'onShow'> = own,
): { ask: (draw: () => void) => void; end: () => void } {
  let waiting: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const go = () => {
    const draw = waiting;
    if (!draw || timer || sight.hidden) return;
    waiting = null;
    timer = setTimeout(() => {
      timer = null;
      go();
    }, everyMs);
    draw();
  };
  const gone = sight.onShow(go);
  return {
    ask(draw) {
      waiting = draw;
      go();
    },
    end() {
      if (timer) clearTimeout(timer);
      timer = null;
      waiting = null;
      gone();
    },
  };
}
