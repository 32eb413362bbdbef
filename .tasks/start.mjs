// npm start [-- FILE.sluice | FOLDER...]: from a bare clone to the open window. Where there is no
// display, a sample migration runs headless instead.

import { hasDisplay } from './lib/system.mjs';
import { note, step, task } from './lib/say.mjs';
import { program } from './lib/project.mjs';
import { buildRelease, setUp } from './lib/steps.mjs';
import { run } from './lib/run.mjs';
import { sampleMigration } from './lib/sample.mjs';

await task(() => {
  setUp();
  buildRelease();
  if (hasDisplay()) {
    step('opening Sluice (this command ends when its window is closed)');
    run(program('release', 'sluice-desktop'), process.argv.slice(2));
    return;
  }
  step('there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open');
  sampleMigration();
  note('On a machine with a display, `npm start` opens the window.');
});
