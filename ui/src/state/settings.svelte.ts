/** The settings dialog: what is set, and what this computer has. */
import type { About, Door, Settings } from '../backend/door';
import type { FoundTool, LimitRanges } from '../backend/types';

export class SettingsForm {
  /** Null: not yet known. */
  said: Settings | null = $state.raw(null);
  /** Null: not yet looked for. */
  tools: FoundTool[] | null = $state.raw(null);
  about: About | null = $state.raw(null);
  /** This desktop has a tray; null: not yet looked for. */
  tray: boolean | null = $state.raw(null);
  /** Between what limits can be set. */
  ranges: LimitRanges | null = $state.raw(null);

  #door: Door;
  /** Each is written after the one before: the last one stays. */
  #written: Promise<void> = Promise.resolve();

  constructor(door: Door) {
    this.#door = door;
  }

  async begin(): Promise<void> {
    const asked = [this.#door.settings(), this.#door.about(), this.#door.defaults()] as const;
    const [said, about, { ranges }] = await Promise.all(asked);
    Object.assign(this, { said, about, ranges });
    // Each takes its time, and neither waits for the other.
    await Promise.all([
      this.#door.hasTray().then((tray) => (this.tray = tray)),
      this.#door.tools().then((tools) => (this.tools = tools)),
    ]);
  }

  /** Changes settings, in force at once. Refused, they stay as they were. */
  async change(some: Partial<Settings>): Promise<void> {
    if (!this.said) return;
    const before = this.said;
    const wanted = { ...before, ...some };
    this.said = wanted;
    try {
      const written = this.#written.then(() => this.#door.setSettings(wanted));
      this.#written = written.catch(() => undefined);
      await written;
    } catch (thrown) {
      if (this.said === wanted) this.said = before;
      throw thrown;
    }
  }
}
