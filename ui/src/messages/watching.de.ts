/** Why watched folders are listed again and again, in German. */
import type { Unheard } from '../backend/types';
import type { Words } from './say';

export const unheard: Words<Unheard, string> = {
  network: ({ folder }) => `${folder} liegt auf einem Netzlaufwerk`,
  no_more_watches: () =>
    'das System beobachtet keine weiteren Ordner (unter Linux sagt fs.inotify.max_user_watches, wie viele)',
  refused: ({ said }) => `das System meldet keine Änderungen: ${said}`,
};
