// npm test [-- FILTER]: sets up, then runs every test: the page's, the engine's and the command's,
// and the desktop's end to end. A filter runs the Rust tests whose name contains it.

import { canDriveDesktop, canRunServers, requireCargoTool } from './lib/system.mjs';
import { note, step, task, TaskError } from './lib/say.mjs';
import { buildForTests, installServers, setUp } from './lib/steps.mjs';
import { passedIn } from './lib/count.mjs';
import { runAndKeep } from './lib/run.mjs';

await task(async () => {
  const filter = process.argv.slice(2);
  if (canDriveDesktop) {
    setUp('tests', 'desktopTests');
    requireCargoTool('tauri-driver', '^2');
  } else {
    setUp('tests');
    note(`no WebDriver drives this system's web view, so the desktop's tests do not run on ${process.platform}`);
  }
  if (canRunServers) installServers();
  buildForTests();

  let passed = 0;
  if (filter.length === 0) {
    step('testing the page');
    passed += await tested('npm', ['run', '--silent', 'ui:test']);
  }
  step('testing engine, command and desktop');
  passed += await tested('cargo', ['test', '--workspace', '--all-targets', '--locked', '--quiet', '--', ...filter]);
  if (passed === 0) throw new TaskError('no test ran', 'check the filter');
  console.log(`${passed} passed, 0 failed`);
});

async function tested(command, args) {
  const { code, text } = await runAndKeep(command, args);
  if (code !== 0) throw new TaskError(`tests failed: \`${command} ${args.join(' ')}\` ended with code ${code}`);
  return passedIn(text);
}
