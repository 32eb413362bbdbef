// npm run bench [-- SUITE...]: release build, on a RAM disk, rsync, rclone and s5cmd beside it.

import { join } from 'node:path';
import { program, target } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { step, task } from './lib/say.mjs';
import { buildPage, installNodeModules, installRivals, installServers, quiet } from './lib/steps.mjs';
import { canDriveDesktop, canRunServers, requireCargoTool, requirePackages, requireToolchains } from './lib/system.mjs';

await task(() => {
  requireToolchains();
  requirePackages('build', 'bench');
  const rivals = installRivals();
  if (canRunServers) installServers();
  const asked = process.argv.slice(2);
  const desktop = canDriveDesktop && (asked.length === 0 || asked.includes('desktop'));
  if (desktop) {
    requirePackages('desktopTests');
    requireCargoTool('tauri-driver', '^2');
    installNodeModules();
    buildPage();
  }
  step('building the programs (release) and the bench');
  // The bench too: the pipelines that it compares with must not be slow for want of optimisation.
  const window = desktop ? ['-p', 'sluice-desktop', '--bin', 'sluice-desktop'] : [];
  run('cargo', ['build', '--release', '--locked', ...quiet, ...window, '-p', 'sluice-cli', '-p', 'sluice-tests', '--bin', 'sluice', '--bin', 'bench']);
  const env = { SLUICE_BENCH_RIVALS: rivals, SLUICE_PROGRAMS: join(target, 'release') };
  run(program('release', 'bench'), asked, { env });
});
