/** @file Every optimizer that the service knows. A new one is a file beside this and a line here. */
import { defineKind } from '../../util/kind.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { lion } from './lion.ts';
import { nadam } from './nadam.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizerKind = defineKind([sgd, adam, adamw, nadam, rmsprop, adagrad, lion]);
