// A small migration that shows the headless command at work.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './project.mjs';
import { run } from './run.mjs';
import { note, step } from './say.mjs';

const KIB = 1024;
const SMALL_FILES = 400;
const LARGE_FILES = 4;
const LARGE_SIZE = 32 * KIB * KIB;

// Different bytes for each file, the same in every run.
function content(seed, size) {
  const block = createHash('sha512').update(`sluice sample ${seed}`).digest();
  return Buffer.alloc(size, block);
}

function makeFiles(folder) {
  for (let n = 0; n < SMALL_FILES; n += 1) {
    const shelf = join(folder, `stills-${String(n % 20).padStart(2, '0')}`);
    mkdirSync(shelf, { recursive: true });
    writeFileSync(join(shelf, `still-${String(n).padStart(4, '0')}.jpg`), content(n, (1 + ((n * 7) % 40)) * KIB));
  }
  mkdirSync(join(folder, 'reels'), { recursive: true });
  for (let n = 0; n < LARGE_FILES; n += 1) {
    writeFileSync(join(folder, 'reels', `reel-${n + 1}.mov`), content(`reel ${n}`, LARGE_SIZE));
  }
}

/** Makes files in a temporary folder, migrates them, shows the balance, and removes everything. */
export function sampleMigration() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sample-'));
  const [source, destination, checkpoint] = ['library', 'archive', 'sample.sluice'].map((name) => join(folder, name));
  const sluice = program('release', 'sluice');
  try {
    step(`making ${SMALL_FILES} small and ${LARGE_FILES} larger files in ${source}`);
    makeFiles(source);
    step(`sluice copy library archive --verify read_back`);
    run(sluice, ['copy', source, destination, '--checkpoint', checkpoint, '--verify', 'read_back', '--batch-size', '100']);
    step('sluice status sample.sluice');
    run(sluice, ['status', checkpoint]);
    step('sluice verify sample.sluice');
    run(sluice, ['verify', checkpoint]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    note(`${folder} is removed again. \`${sluice} --help\` shows what the command can do.`);
  }
}
