/** @file Folders that are the root of the file system for a program: this machine's /usr below them, the rest their own. */
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Where Node.js and npm stand in a root, ahead of the machine's own. */
const PATH = '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const NAME_FILES = ['resolv.conf', 'hosts', 'nsswitch.conf', 'ld.so.cache'];

const mount = (...options: string[]) => execFileSync('mount', options);

function bind(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  mount('--bind', source, target);
}

function bindReadOnly(source: string, target: string): void {
  bind(source, target);
  mount('-o', 'remount,bind,ro', target);
}

/** npm as this machine has it: the image's own comes with its Node.js. */
const npmFolder = () => join(execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim(), 'npm');

/** What the base image would bring: system folders, Node.js, npm, and the user `node` as in the official image. */
export function furnish(root: string): void {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const path = join('/', name);
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(root, name));
    else bindReadOnly(path, join(root, name));
  }
  for (const name of ['etc', 'tmp', 'proc', 'dev', 'root', 'opt/node/bin'])
    mkdirSync(join(root, name), { recursive: true });
  for (const file of NAME_FILES) {
    if (existsSync(join('/etc', file))) copyFileSync(join('/etc', file), join(root, 'etc', file));
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'opt/node/bin/npm'));
  writeFileSync(join(root, 'opt/node/bin/node'), '');
  mountSystem(root);
}

/** The mounts of a furnished root; they are not part of its files, so that a second view of it needs them anew. */
function mountSystem(root: string): void {
  bindReadOnly('/usr', join(root, 'usr'));
  bindReadOnly('/dev', join(root, 'dev'));
  mount('-t', 'proc', 'proc', join(root, 'proc'));
  if (existsSync('/etc/ssl')) bindReadOnly('/etc/ssl', join(root, 'etc/ssl'));
  bindReadOnly(npmFolder(), join(root, 'opt/node/lib/node_modules/npm'));
  mount('--bind', process.execPath, join(root, 'opt/node/bin/node'));
}

/** The root as a container sees it with --read-only, a volume and --tmpfs /tmp. */
export function mountReadOnly(root: string, view: string, volume: { path: string; folder: string }): void {
  bind(root, view);
  mountSystem(view);
  mount('-o', 'remount,bind,ro', view);
  mount('--bind', volume.folder, join(view, volume.path));
  mount('-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', join(view, 'tmp'));
}

export interface Place {
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Root with every capability where null, else this user with none, as with --cap-drop ALL. */
  readonly user: string | null;
}

function commandLine({ root, workdir, environment, user }: Place, command: readonly string[]): string[] {
  const variables = Object.entries({ PATH, HOME: user === null ? '/root' : '/home/node', ...environment });
  const drop =
    user === null
      ? []
      : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs'].concat([
          '--inh-caps=-all',
          '--bounding-set=-all',
          '--',
        ]);
  return [
    root,
    '/usr/bin/env',
    '-i',
    '-C',
    workdir,
    ...variables.map(([k, v]) => `${k}=${v}`),
    ...drop,
    ...command,
  ];
}

/** @throws where the command fails */
export const runIn = (place: Place, command: readonly string[]): string =>
  execFileSync('chroot', commandLine(place, command), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** All of them replace themselves by the next, so that the process is the command's own and gets its signals. */
export const startIn = (place: Place, command: readonly string[]) =>
  spawn('chroot', commandLine(place, command), { stdio: ['ignore', 'pipe', 'inherit'] });
