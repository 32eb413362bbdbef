/** Whether anybody can see the page. What nobody sees is not drawn. */

export interface Sight {
  readonly hidden: boolean;
  /** Calls `then` each time the page comes into view; gives what ends that. */
  onShow(then: () => void): () => void;
  /** Calls `then` each time the page may have come into view or gone out of it. */
  onChange(then: () => void): () => void;
}

/** The page's own; where there is no page it is in view. */
export const sight: Sight = {
  get hidden() {
    return typeof document !== 'undefined' && document.hidden;
  },
  onShow(then) {
    return this.onChange(() => {
      if (!document.hidden) then();
    });
  },
  onChange(then) {
    if (typeof document === 'undefined') return () => undefined;
    document.addEventListener('visibilitychange', then);
    return () => document.removeEventListener('visibilitychange', then);
  },
};
