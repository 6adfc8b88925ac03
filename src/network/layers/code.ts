/** @file Pieces of Python that several layers are written with. */
import { type InitializerConfig, initializerKind } from '../initializers/index.ts';

/** The Keras argument, left out where it is Keras' own default. */
export function initializerArgument(name: string, config: InitializerConfig, standard: string): string {
  const { type, keras } = initializerKind.resolve(config);
  return type === standard ? '' : `, ${name}_initializer=${keras}`;
}

export const python = (value: boolean) => (value ? 'True' : 'False');
