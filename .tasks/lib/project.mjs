// Where things are.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Cargo's target folder: also the place for everything else that is made and not kept. */
export const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

/** Where the tools that the tests need are installed, so that they touch nothing of the person's own. */
export const tools = join(target, 'tools');

const exe = process.platform === 'win32' ? '.exe' : '';

/** The path of a built program: `program('release', 'sluice')`. */
export function program(profile, name) {
  return join(target, profile, name + exe);
}

/** The path of a tool: the one found in `PATH`, else the project's own, else null. */
export function tool(name) {
  const folders = [join(tools, 'bin'), ...(process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':')];
  return folders.map((folder) => join(folder, name + exe)).find((path) => existsSync(path)) ?? null;
}
