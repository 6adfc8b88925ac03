/**
 * @file The modules that generated PyTorch code makes, as a tree. The code itself is read, so that the names of a state dict
 * cannot differ from those of the model. Only calls are understood: nothing else holds modules.
 */

import { attributesOf } from './torch_helpers.ts';

/** A call of generated code. */
export interface Module {
  /** `nn.Linear`, `Recurrent`, … */
  readonly type: string;
  /** As they are written. */
  readonly arguments: readonly string[];
}

const CALL = /^([A-Za-z_][\w.]*)\(/;
const OPENING = '([{';
const CLOSING = ')]}';

/** The index behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length && text[i] !== text[start]; i++) if (text[i] === '\\') i++;
  return i + 1;
}

/** Text between the commas that stand in no brackets and no strings. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as string;
    if (letter === '"' || letter === "'") i = endOfString(text, i) - 1;
    else if (OPENING.includes(letter)) depth++;
    else if (CLOSING.includes(letter)) depth--;
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' ? parts : [...parts, last];
}

/** @throws Error where the text is no call */
function moduleOf(text: string): Module {
  const type = CALL.exec(text)?.[1];
  if (type === undefined || !text.endsWith(')')) throw new Error(`no module: ${text.slice(0, 80)}`);
  return { type, arguments: split(text.slice(type.length + 1, -1)) };
}

/** Says whose a module is: `Of("dense_1", nn.Linear(2, 3))`. */
export const marked = (layer: string, module: string): string => `Of(${JSON.stringify(layer)}, ${module})`;

/** Modules in attributes of a class: `Fields("dense_1", nn.Linear(2, 3), …)`. */
export const fields = (members: readonly (readonly [name: string, module: string])[]): string =>
  `Fields(${members.map(([name, module]) => `${JSON.stringify(name)}, ${module}`).join(', ')})`;

/** A module that holds no others. */
export interface Leaf {
  readonly module: Module;
  /** Of its tensors in the state dict: `0.rnn.` */
  readonly path: string;
  /** The layer that it belongs to. */
  readonly layer: string;
}

const isModule = (text: string): boolean => {
  const type = CALL.exec(text)?.[1];
  return type !== undefined && (/^(nn\.|Of$|Fields$)/.test(type) || attributesOf(type) !== null);
};

/** Of our own classes attributes are named as the arguments are. */
function childrenOf({ type, arguments: given }: Module): (readonly [name: string, text: string])[] {
  if (type === 'nn.Sequential' || type === 'TimeDistributed')
    return given.map((text, index) => [String(index), text]);
  if (type === 'Fields')
    return given.flatMap((name, i) => (i % 2 === 0 ? [[JSON.parse(name), given[i + 1] as string]] : []));
  return (attributesOf(type) ?? []).flatMap((name, i) => {
    const text = given[i];
    return text !== undefined && isModule(text) ? [[name, text] as const] : [];
  });
}

/** Depth first, in the order of the code. */
export function leavesOf(text: string, path = '', layer = ''): Leaf[] {
  const module = moduleOf(text);
  if (module.type === 'Of')
    return leavesOf(module.arguments[1] as string, path, JSON.parse(module.arguments[0] as string));
  const children = childrenOf(module);
  if (children.length === 0) return [{ module, path, layer }];
  return children.flatMap(([name, child]) => leavesOf(child, `${path}${name}.`, layer));
}
