/** @file The machine's Python for tests, and what it has. Looked up, not loaded: to import PyTorch takes seconds of a core. */
import { spawnSync } from 'node:child_process';

export const PYTHON = '/usr/bin/python3';

const LOOK_UP = `
import importlib.util, sys
print(sys.version_info >= (3, 9), *(importlib.util.find_spec(name) is not None for name in ("numpy", "torch")))
`;

const { stdout } = spawnSync(PYTHON, ['-c', LOOK_UP], { encoding: 'utf8' });
const [isRecent, numpy, torch] = (stdout ?? '').trim().split(' ');

export const hasPython = isRecent === 'True';
export const hasNumpy = numpy === 'True';
export const hasTorch = torch === 'True';
