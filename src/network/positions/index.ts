/** @file Every kind of positions that attention knows. A new one is a file beside this and a line here. */
import { type ConfigOf, defineKind } from '../../util/kind.ts';
import { initializerKind } from '../initializers/index.ts';
import { alibi } from './alibi.ts';
import { relativeBias } from './relative_bias.ts';
import { rotary } from './rotary.ts';
import { windowBias } from './window_bias.ts';

const parts = [rotary, alibi, relativeBias, windowBias] as const;

export const positionKind = defineKind(parts);

/** A name, or an object with options. */
export type PositionConfig = ConfigOf<typeof parts>;

/** The config with every default filled in. */
export function completePosition(config: PositionConfig): PositionConfig {
  const completed = positionKind.complete(config);
  if (typeof completed === 'string' || !('table_initializer' in completed)) return completed;
  return { ...completed, table_initializer: initializerKind.complete(completed.table_initializer) };
}
