// npm run dev: the desktop with the page served by Vite, so that a change of the page shows at once.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { step, task, TaskError } from './lib/say.mjs';
import { setUp } from './lib/steps.mjs';

await task(async () => {
  setUp();
  const { devUrl } = JSON.parse(readFileSync(join(root, 'src-tauri/tauri.conf.json'), 'utf8')).build;
  step(`serving the page at ${devUrl}`);
  const server = spawn('npm', ['run', '--silent', 'ui:dev'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  try {
    await answering(devUrl, server);
    step('building and opening the desktop (debug, page from the server)');
    // Without the feature `custom-protocol` Tauri takes the page from the server.
    run('cargo', ['run', '-p', 'sluice-desktop', '--no-default-features', '--', ...process.argv.slice(2)]);
  } finally {
    server.kill();
  }
});

async function answering(url, server) {
  while (server.exitCode === null) {
    if (await fetch(url).then(() => true, () => false)) return;
    await pause(100);
  }
  throw new TaskError(`the page's server ended with code ${server.exitCode} before it answered at ${url}`);
}
