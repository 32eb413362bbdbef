/** Whether anybody can see the page. What nobody sees is not drawn. */

export interface Sight {
  readonly hidden: boolean;
  /** Calls `then` each time the page comes into view; gives what ends that. */
  onShow(then: () => void): () => void;
}

/** The page's own; where there is no page it is in view. */
export const sight: Sight = {
  get hidden() {
    return typeof document !== 'undefined' && document.hidden;
  },
  onShow(then) {
    if (typeof document === 'undefined') return () => undefined;
    const look = () => {
      if (!document.hidden) then();
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  },
};
