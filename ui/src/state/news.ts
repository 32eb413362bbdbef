/** What a notification says. */
import type { Happened } from '../backend/door';
import { count } from '../format';
import { m } from '../messages';
import { outageIn } from '../messages/said';
import { nameOf } from './home.svelte';

/** Title and text. */
export function wordsOf({ name, to, news }: Happened): [string, string] {
  const called = nameOf(name, to) || m.noJob;
  switch (news.kind) {
    case 'finished':
      return news.failed > 0
        ? [m.news.finishedAmiss(called), m.news.failed(news.failed, count(news.failed))]
        : [m.news.finished(called), m.news.delivered(news.delivered, count(news.delivered))];
    case 'outage':
      return [m.news.outage(called), outageIn(news.outage)];
    case 'gave_up':
      return [m.news.gaveUp(called), outageIn(news.outage)];
    case 'failures':
      return [m.news.failures(called), m.news.failed(news.failed, count(news.failed))];
  }
}
