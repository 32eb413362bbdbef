/** What a person has the migration that is shown do, and how. */
import { asReport, type Door, type MigrationDoor } from '../backend/door';
import type { Control, Delivery, Limits } from '../backend/types';
import { m } from '../messages';
import type { Desk } from './desk.svelte';

/** What of the desk it needs. */
type Place = Pick<Desk, 'migration' | 'asking' | 'work' | 'attempt' | 'pilot'>;

export class Steering {
  #desk: Place;
  #door: Pick<Door, 'checkBandwidth'>;

  constructor(desk: Place, door: Pick<Door, 'checkBandwidth'>) {
    this.#desk = desk;
    this.#door = door;
  }

  cancelCheck = () => this.#steer((door) => door.cancelPlan());

  start = () =>
    this.#steer(async (door) => {
      await door.start();
      this.#desk.pilot.end();
    });
  pause = () => this.#steer((door) => door.pause());
  stop = () => {
    this.#desk.asking = null;
    return this.#steer((door) => door.stop());
  };

  setLimits = (limits: Limits) => this.#desk.attempt(async () => this.#desk.migration?.setLimits(limits));
  setControl = (control: Control) =>
    this.#desk.attempt(async () => this.#desk.migration?.setControl(control));
  setDelivery = (deliver: Delivery) =>
    this.#desk.attempt(async () => this.#desk.migration?.setDelivery(deliver));

  /** Why a text is no bandwidth; null when it is one. */
  bandwidthProblem = async (text: string): Promise<string | null> => {
    try {
      await this.#door.checkBandwidth(text);
      return null;
    } catch (thrown) {
      return asReport(thrown).message;
    }
  };

  exportProof = () =>
    this.#steer(async (door) => {
      const path = await door.exportProof();
      if (path !== null) this.#desk.work.done('export', m.records.exported(path));
    });

  /** Steers the migration that is shown at this moment, whatever is shown when its turn comes. */
  #steer(work: (door: MigrationDoor) => Promise<void>): Promise<void> {
    const door = this.#desk.migration?.door;
    return this.#desk.work.command(async () => {
      if (door) await work(door);
    });
  }
}
