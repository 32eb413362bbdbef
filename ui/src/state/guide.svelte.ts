/** The way through a new migration: which step is shown, and how one goes from one to the next. */
import type { Desk } from './desk.svelte';
import { type Step, STEPS, type StepView, isDescribed, stepsOf } from './steps';

export class Guide {
  /** Whether the steps are shown at all. */
  readonly on: boolean = $derived.by(() => {
    const { screen, pilot } = this.#desk;
    return (
      screen === 'setup' || screen === 'planning' || screen === 'preflight' || (screen === 'run' && pilot.on)
    );
  });

  /** The step that is shown. */
  readonly shown: Step = $derived.by(() => {
    const { draft, pilot, step, migration } = this.#desk;
    if (draft) return isDescribed(step) ? step : 'check';
    if (pilot.on) return 'pilot';
    return step === 'pilot' && migration?.state === 'ready' ? 'pilot' : 'check';
  });

  readonly steps: StepView[] = $derived.by(() =>
    stepsOf(this.#desk.draft, this.#desk.migration, this.#desk.pilot),
  );

  #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Shows a step, if it can be visited now. What was described is kept. */
  go = (step: Step): void => {
    const desk = this.#desk;
    if (!this.steps.find((one) => one.step === step)?.open) return;
    if (isDescribed(step) && !desk.draft) {
      desk.pilot.end();
      desk.edit();
    }
    desk.step = step;
    this.keep();
  };

  /** The step after the one that is shown, or before it; null: there is none that can be visited. */
  beside(by: 1 | -1): Step | null {
    const at = STEPS.indexOf(this.shown) + by;
    const step = STEPS[at];
    return step !== undefined && this.steps[at]?.open ? step : null;
  }

  move = (by: 1 | -1): void => {
    const step = this.beside(by);
    if (step) this.go(step);
  };

  /** Keeps what is being described. */
  keep = (): void => {
    const { draft, work } = this.#desk;
    if (draft) void work.attempt(() => draft.keep());
  };
}
