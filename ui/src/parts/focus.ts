/**
 * Keeps the keyboard's place. A browser forgets it when what has the focus goes away, and the next Tab begins
 * at the top of the window: here it goes on beside what went away.
 */

/** What Tab stops at. */
const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex]';

/** What had the focus, and where it stood in all that is around it. */
export interface Place {
  element: HTMLElement;
  /** From the inside to the outside: how many stops of it come before. */
  around: { ancestor: HTMLElement; before: number }[];
}

let place: Place | null = null;

function takesFocus(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(':disabled') && element.checkVisibility();
}

function stopsIn(ancestor: HTMLElement): HTMLElement[] {
  const all = [...ancestor.querySelectorAll<HTMLElement>(STOPS)];
  // What waits counts too: it will be a stop again.
  return all.filter((one) => one.tabIndex >= 0 && one.checkVisibility());
}

function placeOf(element: HTMLElement): Place {
  const stops = stopsIn(document.body);
  const at = stops.indexOf(element);
  const around: Place['around'] = [];
  for (let ancestor = element.parentElement; ancestor; ancestor = ancestor.parentElement) {
    const first = stops.findIndex((stop) => ancestor?.contains(stop));
    around.push({ ancestor, before: Math.max(0, at - first) });
  }
  return { element, around };
}

/** Where the keyboard is. */
export const placeNow = (): Place | null => place;

/** Goes back to a place, or to what stands there now. A part that only waits gets the focus when it has waited. */
export function returnTo(to: Place | null): void {
  place = to;
  mend();
}

function mend(): void {
  const lost = document.activeElement === null || document.activeElement === document.body;
  if (!lost || !place) return;
  const { element, around } = place;
  if (takesFocus(element)) return element.focus();
  if (element.isConnected && element.checkVisibility()) return;
  for (const { ancestor, before } of around) {
    if (!takesFocus(ancestor)) continue;
    // A view, or a list that has the keyboard as a whole: it begins anew there.
    if (ancestor.hasAttribute('tabindex')) return ancestor.focus();
    const stops = stopsIn(ancestor);
    const next = stops[Math.min(before, stops.length - 1)];
    if (!next) continue;
    if (takesFocus(next)) next.focus();
    else place = placeOf(next);
    return;
  }
}

/** Begins to keep it; gives how to end that. */
export function keepFocus(): () => void {
  const came = (event: FocusEvent) => {
    if (event.target instanceof HTMLElement) place = placeOf(event.target);
  };
  // A press on what takes no focus means to leave it.
  const pressed = () => (place = null);
  const changed = new MutationObserver(mend);
  changed.observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ['disabled', 'open'],
  });
  document.addEventListener('focusin', came);
  document.addEventListener('pointerdown', pressed);
  return () => {
    changed.disconnect();
    document.removeEventListener('focusin', came);
    document.removeEventListener('pointerdown', pressed);
  };
}
