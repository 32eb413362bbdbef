/** What the keyboard does from everywhere, and the list of it. */
import { m } from '../messages';
import type { Desk } from './desk.svelte';

export interface Shortcut {
  /** As `keysOf` writes them. */
  keys: string;
  word: string;
  act: (desk: Desk) => unknown;
  /** When it means something. Left out: always. */
  when?: (desk: Desk) => boolean;
}

export const SHORTCUTS: Shortcut[] = [
  { keys: '?', word: m.shortcuts.list, act: (desk) => (desk.asking = 'shortcuts') },
  { keys: 'Mod+,', word: m.shortcuts.settings, act: (desk) => (desk.asking = 'settings') },
  { keys: 'Alt+Home', word: m.do.home, act: (desk) => desk.goHome(), when: (desk) => !desk.atHome },
  { keys: 'Mod+N', word: m.do.newMigration, act: (desk) => desk.newMigration() },
  { keys: 'Mod+O', word: m.do.openMigration, act: (desk) => desk.openMigration() },
];

/** Keys that the parts of the window know themselves. */
export const KNOWN_KEYS: [keys: string, word: string][] = [
  ['Tab', m.shortcuts.next],
  [m.shortcuts.key.enter, m.shortcuts.press],
  [m.shortcuts.key.arrows, m.shortcuts.arrows],
  ['Mod+C', m.shortcuts.copy],
  [`Mod+${m.shortcuts.key.enter}`, m.shortcuts.reveal],
  [m.shortcuts.key.escape, m.shortcuts.escape],
];

/** The keys of an event, such as `Mod+N`. `Mod` is Ctrl, and Cmd on a Mac. */
export function keysOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : '';
  return `${mod}${event.altKey ? 'Alt+' : ''}${key}`;
}

/** Does what the keys mean, unless the person is asked something. Whether they meant anything. Where the
    person types, a letter by itself is text. */
export function shortcut(desk: Desk, event: KeyboardEvent, typing: boolean): boolean {
  const keys = keysOf(event);
  if (desk.asking !== null || event.defaultPrevented || (typing && keys === '?')) return false;
  const meant = SHORTCUTS.find((one) => one.keys === keys && (one.when?.(desk) ?? true));
  void meant?.act(desk);
  return meant !== undefined;
}
