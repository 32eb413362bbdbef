/** What buttons set going: one command after the other, and what goes wrong is told. */
import { asReport } from '../backend/door';
import { Notices } from './notices.svelte';

export class Work {
  /** A command is under way: its buttons wait. */
  busy: boolean = $state(false);
  readonly notices = new Notices();

  /** Does what a button means, unless another command is under way. */
  async command(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    // What went wrong before has been read: the person goes on.
    this.notices.forgetErrors();
    await this.attempt(work);
    this.busy = false;
  }

  /** Does the work; what goes wrong is shown. */
  async attempt(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.notices.say('error', asReport(thrown));
    }
  }

  /** Tells that something is done. */
  done(code: string, message: string): void {
    this.notices.say('done', { code, message, advice: '', what: null });
  }
}
