// npm run check: format, lints, types, licences. Fails at the first finding.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { note, step, task, TaskError } from './lib/say.mjs';
import { output, run } from './lib/run.mjs';
import { program, root } from './lib/project.mjs';
import { buildForTests, setUp } from './lib/steps.mjs';
import { requireCargoTool } from './lib/system.mjs';
import { auditPackages, checkCrates } from './lib/supply.mjs';

const TYPES = 'ui/src/backend/types.ts';

await task(() => {
  setUp();

  step('cargo fmt --check');
  run('cargo', ['fmt', '--all', '--check'], { advice: 'run `cargo fmt`' });

  step('prettier and eslint');
  run('npm', ['run', '--silent', 'ui:lint']);

  step('svelte-check');
  run('npm', ['run', '--silent', 'ui:check']);

  step('clippy');
  run('cargo', ['clippy', '--workspace', '--all-targets', '--locked', '--quiet', '--', '-D', 'warnings']);

  buildForTests();
  step(`types: ${TYPES} is what the engine says`);
  checkTypes();

  step('licences, bans and sources of the crates (cargo deny)');
  checkCrates(requireCargoTool('cargo-deny', '^0.20'));

  step('known weaknesses in the packages of the page (npm audit)');
  auditPackages();
  note('all checks passed');
});

function checkTypes() {
  // The same setting as in .cargo/config.toml, which reaches only what cargo itself runs.
  const env = { TS_RS_LARGE_INT: 'number' };
  const generated = output(program('debug', 'examples/types'), [], env);
  if (generated === null) throw new TaskError('the engine could not print its types (example `types`)');
  if (generated !== readFileSync(join(root, TYPES), 'utf8')) {
    throw new TaskError(`${TYPES} does not match the engine's types`, 'run `npm run types` and commit the file');
  }
}
