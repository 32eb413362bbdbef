/** Why watched folders are listed again and again, in German. */
import type { Polling, Unheard } from '../backend/types';
import { say, type Words } from './say';

const unheard: Words<Unheard, string> = {
  network: ({ folder }) => `${folder} liegt auf einem Netzlaufwerk`,
  no_more_watches: () =>
    'das System beobachtet keine weiteren Ordner (unter Linux sagt fs.inotify.max_user_watches, wie viele)',
  refused: ({ said }) => `das System meldet keine Änderungen: ${said}`,
};

export const polling = ({ why, every }: Polling): string => `${say(unheard, why)}; Abstand ${every}`;
