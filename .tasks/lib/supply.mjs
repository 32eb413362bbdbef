// What we depend on: licences, sources, and known weaknesses where their lists can be reached.

import { spawnSync } from 'node:child_process';
import { root } from './project.mjs';
import { run, succeeds } from './run.mjs';
import { note, TaskError } from './say.mjs';

/** Licences, bans and sources always; advisories when their database can be fetched. */
export function checkCrates(deny) {
  run(deny, ['--log-level', 'error', 'check', 'bans', 'licenses', 'sources']);
  if (succeeds(deny, ['fetch', 'db'])) {
    run(deny, ['--log-level', 'error', 'check', 'advisories']);
  } else {
    note('not checked: security advisories of the crates (the RustSec database cannot be reached from here)');
  }
}

/** `npm audit`, told apart from a registry that does not answer it. */
export function auditPackages() {
  const result = spawnSync('npm', ['audit', '--json', '--audit-level', 'high'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  let report = {};
  try {
    report = JSON.parse(result.stdout);
  } catch {
    // No JSON: the registry did not answer.
  }
  if (!report.metadata?.vulnerabilities) {
    note('not checked: known weaknesses of the packages (the npm registry gave no audit)');
  } else if (result.status !== 0) {
    const names = Object.values(report.vulnerabilities).map(({ name, severity }) => `${name} (${severity})`);
    throw new TaskError(`npm audit found weaknesses: ${names.join(', ')}`, 'run `npm audit` for details, then update these packages');
  }
}
