/** What the engine tells as a value is said in German, whatever it is: every kind of it stands in `told`. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  Advice,
  Bottleneck,
  ErrorReport,
  Fact,
  Finding,
  Heard,
  Knob,
  Problem,
  Reason,
  Unheard,
  Why,
} from '../src/backend/types';
import {
  FACTS,
  REFUSALS,
  BOTTLENECKS,
  KNOBS,
  REASONS,
  PROBLEMS,
  HEARD,
  PROGRAM,
  UNHEARD,
  WHYS,
  facts,
  whys,
} from './told';
import { outage } from './samples';

const finding = (what: Fact | null): Finding => ({
  severity: 'warns',
  code: 'x',
  message: 'the destination holds files already',
  advice: 'Look at it.',
  records: 0,
  what,
});

/** Words that no German sentence has. Names and what systems say are left out of the samples. */
const ENGLISH =
  /\b(the|is|are|were|of|and|or|to|with|which|that|it|its|from|for|cannot|not|no|records?|files?|check)\b/i;

/** Commands and job settings stay as one types them. */
const typed = (text: string) =>
  text.replace(/(sudo apt|brew|winget) install [\w.-]+|gcloud [\w-]+( [\w-]+)*|on_\w+ = "\w+"/g, '');

function isGerman(text: string) {
  expect(text.trim()).not.toBe('');
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  expect(typed(text)).not.toMatch(ENGLISH);
}

/** The words, on a system with these languages. */
async function said(language: string) {
  vi.resetModules();
  vi.stubGlobal('navigator', { languages: [language] });
  return {
    ...(await import('../src/messages/said')),
    sentence: (await import('../src/parts/sentence')).sentence,
    ...(await import('../src/parts/kinds')),
    de: (await import('../src/messages/de')).de,
    wordsOf: (await import('../src/state/news')).wordsOf,
  };
}

afterEach(() => vi.unstubAllGlobals());

describe('what the engine tells, in a German window', () => {
  let words: Awaited<ReturnType<typeof said>>;
  beforeEach(async () => {
    words = await said('de-DE');
  });

  test('findings, and what to do about them', () => {
    for (const fact of facts()) {
      const [sentence, advice] = words.findingIn(finding(fact));
      isGerman(sentence);
      if (advice) isGerman(advice);
    }
  });

  test('with their figures and names', () => {
    const [sentence] = words.findingIn(finding(FACTS.no_space));
    expect(sentence).toBe('das Ziel hat 3,00 GB frei, gebraucht werden 5,00 GB');
    const [groups] = words.findingIn(finding(FACTS.groups));
    expect(groups).toBe('1.204 Dateien in 602 Gruppen (raw) werden zusammen geliefert oder gar nicht');
    const [keys] = words.findingIn(finding({ kind: 'refused', refusal: REFUSALS.keys_missing }));
    expect(keys).toContain('A_KEY und B_KEY sind nicht gesetzt');
  });

  test('why one record would fail', () => {
    const [sentence] = words.findingIn(finding({ ...FACTS.record_fails, said: 'is', why: WHYS.field }));
    expect(sentence).toContain('das Feld „Jahr“ ist „x“; es muss ein Datum sein');
  });

  test('without advice where nothing is to be done', () => {
    const { advice } = { ...finding(FACTS.record_fails), advice: '' };
    expect(words.findingIn({ ...finding(FACTS.record_fails), advice })[1]).toBe('');
  });

  test('what an older program wrote down stays in its words', () => {
    expect(words.findingIn(finding(null))).toEqual(['the destination holds files already', 'Look at it.']);
  });

  test('what holds the run back', () => {
    const advice = (what: Bottleneck | null): Advice => ({
      code: 'x',
      sentence: 'The destination is slow',
      offer: null,
      what,
    });
    for (const what of Object.values(BOTTLENECKS)) isGerman(words.adviceIn(advice(what)));
    expect(words.adviceIn(advice(BOTTLENECKS.throttled))).toContain('4,1 %');
    expect(words.adviceIn(advice(BOTTLENECKS.stragglers))).toContain('reel/a.mov');
    expect(words.adviceIn(advice(null))).toBe('The destination is slow');
  });

  test('why a run waits', () => {
    const waits = (what: Why | null) => outage({ message: '/mnt/nas is no longer there', what });
    for (const what of whys()) isGerman(words.outageIn(waits(what)));
    expect(words.outageIn(waits(WHYS.refused))).toBe(
      '/mnt/nas/reel-12.mxf kann nicht geschrieben werden: ENOSPC',
    );
    expect(words.outageIn(waits(WHYS.answered))).toBe(
      'Nachschlagen (Rechte), https://dam.example /a: 502: -',
    );
    expect(words.outageIn(waits(WHYS.checkpoint))).toContain('kein Platz');
    expect(words.outageIn(waits(null))).toBe('/mnt/nas is no longer there');
  });

  test('why watched folders are listed', () => {
    const polls = (why: Unheard | null) => ({
      seq: 1,
      at_ms: 0,
      by: 'engine' as const,
      what: {
        kind: 'watch_polls' as const,
        message: 'a network mount',
        what: why && { why, every: '10s' },
      },
    });
    for (const why of Object.values(UNHEARD)) isGerman(words.sentence(polls(why)));
    expect(words.sentence(polls(UNHEARD.network))).toBe(
      'Beobachtet durch Auflisten: /mnt/Fundus liegt auf einem Netzlaufwerk; Abstand 10s.',
    );
    expect(words.sentence(polls(null))).toContain('a network mount');
  });

  test('a search of the event log in the words that it shows', () => {
    const { saidWith, wordedLike } = words;
    expect(saidWith('PAUSIERT')).toContainEqual({ kind: 'state_changed', at: '/to', value: 'paused' });
    expect(saidWith('vorausschauen').map(({ value }) => value)).toEqual(['control.look_ahead']);
    const full = saidWith(words.de.category.destination_full);
    expect(full.map(({ kind }) => kind)).toEqual(['outage_began', 'outage_ended']);
    expect(wordedLike('zurückgenommen')).toEqual(['pause_set']);
    expect(wordedLike('konnte nicht angelegt werden')).toEqual(['folder_failed']);
    expect([...saidWith('paused'), ...wordedLike('taken back')]).toEqual([]);
  });

  test('a notification of an outage', () => {
    const news = { kind: 'outage', outage: outage({ message: 'is gone', what: WHYS.gone }) } as const;
    const [, text] = words.wordsOf({ of: '/a.sluice', name: 'Bänder', to: '', news });
    expect(text).toBe('/mnt/Fundus ist nicht mehr da');
  });

  test('why something was not done, and what to do about it', () => {
    const report = (what: Problem | null, code = 'x'): ErrorReport => ({
      code,
      message: 'EIO',
      advice: 'Check it.',
      what,
    });
    for (const what of Object.values(PROBLEMS)) {
      const { message, advice } = words.reportIn(report(what));
      isGerman(message);
      if (advice) isGerman(advice);
    }
    for (const code of PROGRAM) {
      const { message, advice } = words.reportIn(report(null, code));
      isGerman(message);
      if (advice) isGerman(advice);
    }
    expect(words.reportIn(report(PROBLEMS.checkpoint_newer)).message).toContain('Format 11');
    expect(words.reportIn(report(null))).toEqual(report(null));
  });

  test('what a connection that is tried has to say', () => {
    const step = (what: Heard | null) =>
      ({ step: 'reach', result: 'ok', said: 'it answers', took_ms: 1, what }) as const;
    for (const what of Object.values(HEARD)) if (what.kind !== 'said') isGerman(words.heardIn(step(what)));
    expect(words.heardIn(step(HEARD.clock_behind))).toContain('3.600 s nach');
    expect(words.heardIn(step(HEARD.said))).toBe('403');
    expect(words.heardIn(step(null))).toBe('it answers');
  });

  test('why a program cannot be used', () => {
    const tool = { tool: 'ffprobe' as const, version: null, problem: 'there is no program' };
    isGerman(words.toolIn({ ...tool, what: REFUSALS.tool_missing }));
    expect(words.toolIn({ ...tool, what: null })).toBe('there is no program');
  });

  test('what the autopilot turned, and why', () => {
    const event = (knob: Knob, reason: Reason | null) => ({
      seq: 1,
      at_ms: 0,
      by: 'autopilot' as const,
      what: {
        kind: 'autopilot_changed' as const,
        knob: 'concurrency',
        from: 8,
        to: 12,
        reason: 'it pays',
        what: reason && { knob, reason },
      },
    });
    for (const reason of Object.values(REASONS))
      for (const knob of Object.values(KNOBS)) isGerman(words.sentence(event(knob, reason)));
    expect(words.sentence(event(KNOBS.concurrency, REASONS.slower))).toBe(
      'Autopilot, Gleichzeitig: Antworten dauern 310 ms statt 80 ms: von 8 auf 12.',
    );
    expect(words.sentence(event(KNOBS.concurrency, null))).toBe('Autopilot, concurrency: it pays.');
  });
});

test('in an English window everything is as the engine says it', async () => {
  const words = await said('en-GB');
  expect(words.findingIn(finding(FACTS.no_space))).toEqual([
    'the destination holds files already',
    'Look at it.',
  ]);
  const advice = { code: 'cpu', sentence: 'The processors are busy', offer: null, what: BOTTLENECKS.cpu };
  expect(words.adviceIn(advice)).toBe('The processors are busy');
});
