/** The settings dialog: what is set, and what this computer has. */
import type { About, Door, Settings } from '../backend/door';
import type { FoundTool } from '../backend/types';

export class SettingsForm {
  /** Null: not yet known. */
  said: Settings | null = $state.raw(null);
  /** Null: not yet looked for. */
  tools: FoundTool[] | null = $state.raw(null);
  about: About | null = $state.raw(null);

  #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  async begin(): Promise<void> {
    [this.said, this.about] = await Promise.all([this.#door.settings(), this.#door.about()]);
    this.tools = await this.#door.tools();
  }

  /** Changes settings, in force at once. Refused, they stay as they were. */
  async change(some: Partial<Settings>): Promise<void> {
    if (!this.said) return;
    const before = this.said;
    const wanted = { ...before, ...some };
    this.said = wanted;
    try {
      await this.#door.setSettings(wanted);
    } catch (thrown) {
      if (this.said === wanted) this.said = before;
      throw thrown;
    }
  }
}
