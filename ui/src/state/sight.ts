/** Whether anybody can see the page. What nobody sees is not drawn. */

export interface Sight {
  readonly hidden: boolean;
  /** Calls `then` each time the page comes into view; gives what ends that. */
  onShow(then: () => void): () => void;
  /** Calls `then` each time the page comes into view or out of it. */
  onChange(then: (seen: boolean) => void): () => void;
}

/** The page's own; where there is no page it is in view. */
export const sight: Sight = {
  get hidden() {
    return typeof document !== 'undefined' && document.hidden;
  },
  onShow(then) {
    return this.onChange((seen) => seen && then());
  },
  onChange(then) {
    if (typeof document === 'undefined') return () => undefined;
    const look = () => then(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  },
};
