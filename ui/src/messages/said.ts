/** What the engine says in English, where the window speaks another language: said anew from what is the case. Where
    that is not told (an older program wrote it down), its English sentence stays. */
import type {
  Advice,
  Category,
  ErrorReport,
  Event,
  Finding,
  FoundTool,
  Outage,
  TrialStep,
} from '../backend/types';
import { language, type Language } from '../language';
import { advice } from './advice.de';
import { facts } from './facts.de';
import { heard } from './heard.de';
import { problems } from './problems.de';
import { program } from './program.de';
import { refusals } from './refusals.de';
import { say, type Said } from './say';
import { bottlenecks, knobs, reasons } from './steering.de';
import { polling } from './watching.de';
import { whys } from './whys.de';

type Other = Exclude<Language, 'en'>;

const WORDS = {
  de: { advice, facts, heard, bottlenecks, knobs, problems, program, polling, reasons, refusals, whys },
} satisfies Record<Other, object>;

/** What to do about a record that failed, or about an outage. */
export function adviceOf(category: Category, english: string): string {
  return language === 'en' ? english : WORDS[language].advice[category];
}

/** Why a run waits. */
export function outageIn({ message, what }: Outage): string {
  return language === 'en' || !what ? message : say(WORDS[language].whys, what);
}

/** What a check found, and what to do about it. Where nothing is to be done the advice is empty. */
export function findingIn(finding: Finding): Said {
  if (language === 'en' || !finding.what) return [finding.message, finding.advice];
  const [sentence, todo] = say(WORDS[language].facts, finding.what);
  return [sentence, finding.advice ? todo : ''];
}

/** Why something was not done, and what to do about it. What has no words of its own stays in English, with what it is
    about in front. */
export function reportIn(report: ErrorReport): ErrorReport {
  if (language === 'en') return report;
  const { problems, program } = WORDS[language];
  const said = report.what ? say(problems, report.what) : program[report.code]?.(report);
  if (!said) return report;
  const [message, advice] = said;
  return { ...report, message, advice };
}

/** What holds the run back. */
export function adviceIn(advice: Advice): string {
  if (language === 'en' || !advice.what) return advice.sentence;
  return say(WORDS[language].bottlenecks, advice.what);
}

/** What the autopilot turned, and why. */
export function turnIn(turned: Extract<Event['what'], { kind: 'autopilot_changed' }>): [string, string] {
  if (language === 'en' || !turned.what) return [turned.knob, turned.reason];
  const { knobs, reasons } = WORDS[language];
  return [say(knobs, turned.what.knob), say(reasons, turned.what.reason)(turned)];
}

/** Why watched folders are listed again and again, and how often. */
export function pollingIn({ message, what }: Extract<Event['what'], { kind: 'watch_polls' }>): string {
  return language === 'en' || !what ? message : WORDS[language].polling(what);
}

/** What a step of a connection's trial heard. */
export function heardIn({ said, what }: TrialStep): string {
  return language === 'en' || !what ? said : say(WORDS[language].heard, what);
}

/** Why a program cannot be used. */
export function toolIn({ problem, what }: FoundTool): string {
  return language === 'en' || !what ? (problem ?? '') : say(WORDS[language].refusals, what)[0];
}
