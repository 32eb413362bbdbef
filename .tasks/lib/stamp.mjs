// Steps that are done again only when what they read has changed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './project.mjs';

function* files(path, skip) {
  if (!existsSync(path) || skip.includes(relative(root, path))) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* files(join(path, name), skip);
}

/** A hash over names and contents of files and folders (paths from the repository's top). */
export function fingerprint(paths, { skip = [], extra = '' } = {}) {
  const hash = createHash('sha256').update(extra);
  for (const path of paths) {
    for (const file of files(join(root, path), skip)) {
      hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/** Runs `body` unless `made` exists and the stamp file holds this very fingerprint. */
export function unlessCurrent({ stamp, made, print }, body) {
  const file = join(root, stamp);
  if (existsSync(join(root, made)) && existsSync(file) && readFileSync(file, 'utf8') === print) return;
  body();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, print);
}
