/** What was done and what went wrong, in short, at the edge of the window. */
import type { ErrorReport } from '../backend/types';

export type Notice = ErrorReport & { id: number; tone: 'error' | 'done' };

/** More would cover what the person works on. */
const SHOWN = 3;

/** How long good news stays by itself. What went wrong stays until it is dismissed. */
const GOOD_NEWS_MS = 8_000;

export class Notices {
  shown: Notice[] = $state([]);
  #last = 0;

  say(tone: Notice['tone'], report: ErrorReport): void {
    this.#last += 1;
    const id = this.#last;
    const rest = this.shown.filter((notice) => notice.message !== report.message);
    this.shown = [...rest, { ...report, tone, id }].slice(-SHOWN);
    if (tone === 'done') setTimeout(() => this.dismiss(id), GOOD_NEWS_MS);
  }

  dismiss = (id: number) => {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  };

  forgetErrors(): void {
    this.shown = this.shown.filter((notice) => notice.tone !== 'error');
  }
}
