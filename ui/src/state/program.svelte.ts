/** The program itself, whatever is on the desk: its settings, connections and logs, and its end. */
import type { Defaults, Door } from '../backend/door';
import { m } from '../messages';
import { Connections } from './connections.svelte';
import type { Desk } from './desk.svelte';
import { SettingsForm } from './settings.svelte';

/** What of the desk it needs. */
type Place = Pick<Desk, 'asking' | 'work' | 'attempt'>;

export class Program {
  /** It is ending: what runs is being paused. */
  closing: boolean = $state(false);
  /** The computer is kept awake. */
  awake: boolean = $state(false);
  /** What new migrations begin with; null: not yet known. */
  defaults: Defaults | null = null;

  #desk: Place;
  #door: Door;

  constructor(desk: Place, door: Door) {
    this.#desk = desk;
    this.#door = door;
  }

  /** The user's connections, as they are now. */
  connections = () => new Connections(this.#door);

  settings = () => new SettingsForm(this.#door);

  /** What was set may be what new migrations begin with. */
  settingsChanged = () => this.#desk.attempt(async () => void (this.defaults = await this.#door.defaults()));

  /** The icon in the tray speaks the window's language. */
  sayInTray = () => this.#desk.attempt(() => this.#door.sayInTray(m.tray));

  openLogs = () => this.#desk.attempt(() => this.#door.openLogs());

  saveLogs = () =>
    this.#desk.work.command(async () => {
      const path = await this.#door.saveLogs();
      if (path !== null) this.#desk.work.done('logs', m.about.saved(path));
    });

  /** Shows a file in the system's file manager. */
  reveal = (path: string) => this.#desk.attempt(() => this.#door.reveal(path));

  quit = async () => {
    this.closing = true;
    await this.#desk.attempt(() => this.#door.quit());
    this.closing = false;
    this.#desk.asking = null;
  };
}
