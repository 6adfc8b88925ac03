/** @file A node of an ONNX file with its attributes. Types only. */
import type { Constant } from './constants.ts';

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly pointer: string;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | null;
  text(name: string, otherwise: string): string;
  texts(name: string): readonly string[];
  has(name: string): boolean;
  tensor(name: string): Constant | null;
  /** A graph within the node: what is done in one of two cases. */
  branch(name: string): Branch | null;
  /** Names that such graphs take from around them. */
  readonly captured: readonly string[];
}

export interface Branch {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly outputs: readonly string[];
}
