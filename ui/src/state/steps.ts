/** The steps of a guided migration: what is chosen in each, in a few words, and what it still needs. */
import type { JobSpec, Mapping } from '../backend/types';
import { count } from '../format';
import { m } from '../messages';
import { nameOf } from './catalogue.svelte';
import type { Draft } from './draft.svelte';
import type { Migration } from './migration.svelte';
import type { Pilot } from './pilot.svelte';

export const STEPS = ['sources', 'names', 'describe', 'destination', 'check', 'pilot', 'run'] as const;
export type Step = (typeof STEPS)[number];
/** Steps in which the job is described. */
export type Described = 'sources' | 'names' | 'describe' | 'destination';

export const isDescribed = (step: Step): step is Described => STEPS.indexOf(step) < STEPS.indexOf('check');

export interface StepView {
  step: Step;
  /** What is chosen in it. */
  said: string;
  /** What it still needs; null: nothing. */
  needs: string | null;
  /** It can be left as it is. */
  optional: boolean;
  /** It is done, as far as anything can be. */
  done: boolean;
  /** It can be visited now. */
  open: boolean;
}

/** What a job says in a step, in a few words. */
export function saidOf(job: JobSpec, step: Described): string {
  const words = m.guide.said;
  const together = (parts: string[], none: string) => parts.filter(Boolean).join(', ') || none;
  switch (step) {
    case 'sources': {
      const [first] = job.sources;
      const { length } = job.sources;
      const catalogues = job.catalogue?.length ?? 0;
      return together(
        [
          length === 1 && first !== undefined ? nameOf(first) : words.sources(length, count(length)),
          words.catalogues(catalogues, count(catalogues)),
          job.watch ? words.watched : '',
        ],
        words.none,
      );
    }
    case 'names': {
      // The engine leaves out what is empty.
      const map: Partial<Mapping> = job.map ?? {};
      const fields = map.field?.length ?? 0;
      const required = map.require?.length ?? 0;
      return together(
        [
          map.target ? words.template : words.mirrored,
          words.fields(fields, count(fields)),
          words.required(required, count(required)),
        ],
        '',
      );
    }
    case 'describe': {
      const lookups = job.lookup?.length ?? 0;
      const groups = job.group?.length ?? 0;
      return together(
        [
          job.describe ? m.guide.describe.tools[job.describe.tool][0] : '',
          words.lookups(lookups, count(lookups)),
          ...(job.sidecar ?? []).map(({ format }) => m.guide.sidecars.formats[format]),
          words.groups(groups, count(groups)),
        ],
        words.nothing,
      );
    }
    case 'destination': {
      if (job.destination === '') return words.none;
      return together(
        [nameOf(job.destination), m.verify[job.deliver.verify][0], job.register ? words.registered : ''],
        words.none,
      );
    }
  }
}

/** The steps as they stand. */
export function stepsOf(draft: Draft | null, open: Migration | null, pilot: Pilot): StepView[] {
  const words = m.guide.said;
  const ready = !draft && open?.state === 'ready';
  const job = draft?.job() ?? open?.job ?? null;
  const described = (step: Described): StepView => {
    const needs = draft?.needs[step] ?? null;
    return {
      step,
      said: job ? saidOf(job, step) : '',
      needs,
      optional: step === 'names' || step === 'describe',
      done: needs === null,
      open: draft !== null || ready || (pilot.on && !pilot.underWay),
    };
  };
  const findings = open?.preflight?.findings ?? [];
  const blocked = findings.some(({ severity }) => severity === 'blocks');
  const checked = !draft && open !== null && open.state !== 'new' && open.state !== 'planning';
  const check: StepView = {
    step: 'check',
    said: checked ? words.findings(findings.length, count(findings.length)) : words.unchecked,
    needs: checked && blocked ? words.blocked : null,
    optional: false,
    done: checked && !blocked,
    open: true,
  };
  const tried = pilot.on && !pilot.underWay;
  const pilots: StepView = {
    step: 'pilot',
    said: tried
      ? words.tried(count(pilot.outcomes.length), count(pilot.failed), pilot.failed)
      : words.untried,
    needs: tried && pilot.failed > 0 ? words.triedFailed : null,
    optional: true,
    done: tried && pilot.failed === 0,
    open: (ready && !blocked) || pilot.on,
  };
  const run: StepView = {
    step: 'run',
    said: words.run,
    needs: null,
    optional: false,
    done: false,
    open: false,
  };
  return [
    described('sources'),
    described('names'),
    described('describe'),
    described('destination'),
    check,
    pilots,
    run,
  ];
}
