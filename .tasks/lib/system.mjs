// What the system must bring: Rust, Node and, for the window, the system's web view.

import { existsSync, readFileSync } from 'node:fs';
import { output, run, runQuietly, succeeds } from './run.mjs';
import { note, step, TaskError } from './say.mjs';
import { root, tool, tools } from './project.mjs';

const NODE_AT_LEAST = 20;

// What the desktop is built with and shown by, and what its tests drive it with.
const DEBIAN = {
  build: ['build-essential', 'pkg-config', 'libwebkit2gtk-4.1-dev'],
  // Real programs that read real files and what Sluice wrote: the tests compare with them.
  tests: ['ffmpeg', 'libimage-exiftool-perl', 'mediainfo', 'libxml2-utils', 'python3', 'python3-venv', 'dbus'],
  desktopTests: ['webkit2gtk-driver', 'xvfb', 'openbox', 'xdotool', 'imagemagick', 'fonts-dejavu-core', 'python3-gi', 'gir1.2-gtk-3.0'],
  bench: ['rsync', 'python3-venv', 'ffmpeg'],
};

const OTHER_LINUX = [
  ['dnf', 'sudo dnf install gcc-c++ pkgconf-pkg-config webkit2gtk4.1-devel'],
  ['pacman', 'sudo pacman -S --needed base-devel pkgconf webkit2gtk-4.1'],
  ['zypper', 'sudo zypper install gcc-c++ pkgconf webkit2gtk3-devel'],
  ['apk', 'sudo apk add build-base pkgconf webkit2gtk-4.1-dev'],
];

/** Rust and Node, or an error that says how to get them. */
export function requireToolchains() {
  const node = Number(process.versions.node.split('.')[0]);
  if (node < NODE_AT_LEAST) {
    throw new TaskError(
      `Node ${process.versions.node} runs this task, but Sluice needs Node ${NODE_AT_LEAST} or newer`,
      'install a current Node from your system or from nodejs.org',
    );
  }
  const wanted = /^rust-version = "(\d+)\.(\d+)"/m.exec(readFileSync(`${root}/Cargo.toml`, 'utf8'));
  const found = /^cargo (\d+)\.(\d+)/.exec(output('cargo', ['--version']) ?? '');
  if (!found) {
    throw new TaskError('cargo is not in PATH: Rust is missing', 'install Rust with rustup (rustup.rs), open a new terminal and try again');
  }
  const [need, have] = [wanted, found].map(([, major, minor]) => Number(major) * 1000 + Number(minor));
  if (have < need) {
    throw new TaskError(
      `cargo ${found[1]}.${found[2]} is too old: Sluice needs Rust ${wanted[1]}.${wanted[2]} or newer`,
      'run `rustup update stable`',
    );
  }
}

/** Whether this is Debian, Ubuntu or a system made from them. */
export function isDebian() {
  return process.platform === 'linux' && existsSync('/usr/bin/dpkg-query') && existsSync('/usr/bin/apt-get');
}

function missingFrom(packages) {
  return packages.filter((name) => output('dpkg-query', ['-W', '-f=${db:Status-Status}', name]) !== 'installed');
}

function aptInstall(packages) {
  step(`installing system packages: ${packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const asRoot = process.getuid() === 0 ? [] : ['sudo', ...(process.stdin.isTTY ? [] : ['-n']), '--preserve-env=DEBIAN_FRONTEND'];
  const advice = `run it by hand: sudo apt-get update && sudo apt-get install ${packages.join(' ')}`;
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', '-q', ...args];
    // sudo may have to ask for a password, so it needs the terminal.
    (asRoot.length > 0 ? run : runQuietly)(command, rest, { env, advice });
  };
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...packages);
}

/**
 * The system packages for `purposes` (`build`, `tests`, `desktopTests`, `bench`): installed where apt is,
 * named precisely where it is not.
 */
export function requirePackages(...purposes) {
  if (isDebian()) {
    const missing = missingFrom(purposes.flatMap((purpose) => DEBIAN[purpose]));
    if (missing.length > 0) aptInstall(missing);
    return;
  }
  if (process.platform === 'linux') {
    if (!succeeds('pkg-config', ['--exists', 'webkit2gtk-4.1'])) {
      const known = OTHER_LINUX.find(([manager]) => tool(manager));
      throw new TaskError(
        'the development files of WebKitGTK 4.1 are missing (`pkg-config --exists webkit2gtk-4.1` fails)',
        known ? known[1] : 'install a C compiler, pkg-config and the development package of WebKitGTK 4.1',
      );
    }
    const programs = {
      tests: ['ffprobe', 'exiftool', 'mediainfo', 'xmllint', 'python3', 'dbus-daemon'],
      desktopTests: ['WebKitWebDriver', 'Xvfb', 'openbox', 'xdotool', 'import'],
      bench: ['rsync', 'python3', 'ffmpeg'],
    };
    const absent = purposes.flatMap((purpose) => programs[purpose] ?? []).filter((name) => !tool(name));
    if (absent.length > 0) throw new TaskError(`these programs are not in PATH: ${absent.join(', ')}`, 'install them with your package manager');
  } else if (process.platform === 'darwin') {
    if (!succeeds('xcode-select', ['-p'])) {
      throw new TaskError('the Xcode command line tools are missing', 'run `xcode-select --install`');
    }
  } else if (process.platform === 'win32') {
    const host = /^host: (.*)$/m.exec(output('rustc', ['-vV']) ?? '')?.[1] ?? '';
    if (!host.endsWith('msvc')) {
      throw new TaskError(
        `Rust's host is ${host || 'unknown'}, but the window needs the MSVC toolchain`,
        'install the Visual Studio Build Tools ("Desktop development with C++"), then `rustup default stable-msvc`',
      );
    }
  }
}

/** Whether the desktop can be driven by tests here. */
export const canDriveDesktop = process.platform === 'linux';

/** Whether the tests that start servers run here. */
export const canRunServers = process.platform === 'linux';

/** Whether a window can be shown. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** A program from crates.io, installed below `target/tools` when it is not there yet. */
export function requireCargoTool(name, version) {
  const found = tool(name);
  if (found) return found;
  step(`installing ${name} ${version} into target/tools (once)`);
  run('cargo', ['install', name, '--version', version, '--locked', '--quiet', '--root', tools], {
    advice: `${name} comes from crates.io: check the network, then try again`,
  });
  const installed = tool(name);
  if (!installed) throw new TaskError(`${name} was installed but is not in ${tools}/bin`);
  note(`${name} is ready`);
  return installed;
}
