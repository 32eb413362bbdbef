// Running other programs.

import { spawn, spawnSync } from 'node:child_process';
import { root } from './project.mjs';
import { TaskError } from './say.mjs';

const shown = (command, args) => [command, ...args].join(' ');
// npm is a batch file on Windows, which only a shell can start.
const shell = (command) => process.platform === 'win32' && ['npm', 'npx'].includes(command);

/** Whether `command args` can be run and ends with 0; prints nothing. */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore', cwd: root, shell: shell(command) }).status === 0;
}

/** The standard output of a command, or null when it cannot be run or fails. */
export function output(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: shell(command),
    env: environment(env),
    maxBuffer: 64 << 20,
  });
  return result.status === 0 ? result.stdout : null;
}

// `npm run --silent` would silence the npm that a task starts, even when it fails.
const environment = (env) => {
  const { npm_config_loglevel: _silent, ...rest } = process.env;
  return { ...rest, ...env };
};

function failed(command, args, code, advice) {
  const why = code === null ? 'could not be started or was ended by a signal' : `ended with code ${code}`;
  return new TaskError(`\`${shown(command, args)}\` ${why}`, advice);
}

/** Runs a command with this program's own terminal; `advice` goes with the error if it fails. */
export function run(command, args, { env = {}, advice = '' } = {}) {
  const result = spawnSync(command, args, {
    stdio: 'inherit',
    cwd: root,
    shell: shell(command),
    env: environment(env),
  });
  if (result.status !== 0) throw failed(command, args, result.status, advice);
}

/** Runs a command whose chatter matters only when it fails. */
export function runQuietly(command, args, { env = {}, advice = '' } = {}) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: root,
    encoding: 'utf8',
    shell: shell(command),
    env: environment(env),
    maxBuffer: 64 << 20,
  });
  if (result.status !== 0) {
    process.stderr.write((result.stdout ?? '') + (result.stderr ?? ''));
    throw failed(command, args, result.status, advice);
  }
}

/** Runs a command, shows its output as it comes, and resolves with `{ code, text }`. */
export function runAndKeep(command, args, { env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: root,
      shell: shell(command),
      env: environment(env),
    });
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.on('error', (error) => reject(new TaskError(`\`${shown(command, args)}\` cannot be started: ${error.message}`)));
    child.on('close', (code) => resolve({ code, text }));
  });
}
