// npm run package: installers for this system, with the desktop, the command, the icons and the file
// association, in the target folder under release/bundle.

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { note, step, task, TaskError } from './lib/say.mjs';
import { output, run } from './lib/run.mjs';
import { program, target, root } from './lib/project.mjs';
import { buildRelease, setUp } from './lib/steps.mjs';

/** What each system can make without fetching anything more; NSIS is fetched once, by Tauri. */
const BUNDLES = { linux: ['deb', 'rpm'], darwin: ['app', 'dmg'], win32: ['nsis'] };
const MADE = ['.deb', '.rpm', '.app', '.dmg', '.exe'];

await task(() => {
  const bundles = BUNDLES[process.platform];
  if (!bundles) throw new TaskError(`there is no package for ${process.platform}`);
  setUp();
  buildRelease();

  step(`packing: ${bundles.join(', ')}`);
  const config = JSON.stringify({ bundle: { externalBin: [command()] } });
  run('npx', ['tauri', 'bundle', '--ci', '--bundles', bundles.join(','), '--config', config]);

  const folder = join(target, 'release', 'bundle');
  const files = readdirSync(folder, { recursive: true }).filter(
    (name) => MADE.includes(extname(name)) && !name.slice(0, -extname(name).length).includes('.app'),
  );
  if (files.length === 0) throw new TaskError(`nothing was packed into ${folder}`);
  for (const file of files) note(relative(root, join(folder, file)));
});

/** Tauri takes a program along when it stands under the name of the machine that it is for. */
function command() {
  const machine = /^host: (.+)$/m.exec(output('rustc', ['-vV']) ?? '')?.[1];
  if (!machine) throw new TaskError('rustc does not say what it builds for', 'run `rustc -vV`');
  const folder = join(target, 'package');
  mkdirSync(folder, { recursive: true });
  const built = program('release', 'sluice');
  copyFileSync(built, join(folder, `sluice-${machine}${extname(built)}`));
  return join(folder, 'sluice');
}
