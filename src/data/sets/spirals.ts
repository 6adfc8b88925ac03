/** @file Interleaved Archimedean spirals, one per class. */
import { z } from 'zod';
import { defineData, describeClasses } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const spirals = defineData({
  type: 'spirals',
  title: 'Spirals',
  description:
    'Class c of C: t · (cos φ, sin φ) with φ = 2π (turns · t + c / C) and t = 1/m, 2/m, …, 1 for the m samples of ' +
    'the class; plus noise · N(0, 1) on both coordinates. Classes are balanced and alternate without shuffling.',
  sources: [
    'K. J. Lang, M. J. Witbrock, Learning to tell two spirals apart, 1988 (two classes, three turns)',
  ],
  options: {
    samples: samplesOption(1000),
    noise: noiseOption(0.02),
    classes: z.int().min(2).max(20).default(2).describe('Number of arms, i.e. of classes'),
    turns: z.number().positive().max(20).default(1).describe('How often each arm winds around the origin'),
  },
  describe: ({ samples, classes }) => describeClasses(samples, [2], classes),
  generate({ samples, noise, classes, turns }, random) {
    const inputs = new Float32Array(samples * 2);
    const targets = new Float32Array(samples);
    for (let i = 0; i < samples; i++) {
      const label = i % classes;
      const count = Math.ceil((samples - label) / classes);
      const t = (Math.floor(i / classes) + 1) / count;
      const angle = 2 * Math.PI * (turns * t + label / classes);
      inputs[2 * i] = t * Math.cos(angle) + noise * random.normal();
      inputs[2 * i + 1] = t * Math.sin(angle) + noise * random.normal();
      targets[i] = label;
    }
    return { inputs, targets };
  },
});
