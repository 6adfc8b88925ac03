/** @file Pieces of Python that several layers are written with. */
import { initializerParts } from '../initializers/index.ts';
import type { InitializerPart } from '../initializers/initializer.ts';
import { type PartConfig, resolvePart } from '../part_schema.ts';

/** The Keras argument, left out where it is Keras' own default. */
export function initializerArgument(name: string, config: PartConfig, standard: string): string {
  const { part, options } = resolvePart(initializerParts as unknown as readonly InitializerPart[], config);
  return part.type === standard ? '' : `, ${name}_initializer=${part.keras(options)}`;
}

export const python = (value: boolean) => (value ? 'True' : 'False');
