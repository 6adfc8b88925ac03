/** @file What a heat map of the layers can show. */
import {
  fractionScale,
  type Heat,
  type HeatScale,
  linearScale,
  logScale,
  sidedScale,
} from '../charts/heat.ts';

export interface Picture {
  readonly value: string;
  readonly label: string;
  readonly tensor: string;
  readonly metric: string;
  readonly legend: string;
  readonly says: string;
  scale(heats: readonly Heat[]): HeatScale;
}

/** Karpathy's rule of thumb: an update is about a thousandth of the weights. */
const GOOD_RATIO = 1e-3;

export const PICTURES: readonly Picture[] = [
  {
    value: 'gradient',
    label: 'Gradients',
    tensor: 'kernel.gradient',
    metric: 'rms',
    legend: 'RMS of the weights’ gradient',
    says: 'How strong the gradient is that reaches each layer’s weights. A row much darker than the others of its map hardly learns.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'signal',
    label: 'Backward signal',
    tensor: 'output_gradient',
    metric: 'rms',
    legend: 'RMS of the gradient at the outputs',
    says: 'The loss gradient as it travels back from the last layer to the first.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'ratio',
    label: 'Update / weight',
    tensor: 'kernel.update',
    metric: 'ratio_to_weight',
    legend: 'update over weight',
    says: 'Pale is about 10⁻³, which is healthy. Blue layers hardly move; orange ones are thrown about.',
    scale: (heats) => sidedScale(heats, GOOD_RATIO),
  },
  {
    value: 'activations',
    label: 'Activations',
    tensor: 'output',
    metric: 'rms',
    legend: 'RMS of the outputs',
    says: 'The size of what each layer passes on.',
    scale: (heats) => logScale(heats),
  },
  {
    value: 'dead',
    label: 'Dead units',
    tensor: 'output',
    metric: 'dead_unit_fraction',
    legend: 'dead units',
    says: 'The part of the units that are 0 on the whole batch.',
    scale: () => fractionScale,
  },
  {
    value: 'saturated',
    label: 'Saturation',
    tensor: 'output',
    metric: 'saturated_fraction',
    legend: 'saturated outputs',
    says: 'The part of the outputs at the flat ends of the activation.',
    scale: () => fractionScale,
  },
  {
    value: 'rank',
    label: 'Effective rank',
    tensor: 'output',
    metric: 'effective_rank',
    legend: 'effective rank',
    says: 'In how many directions a layer still tells samples apart. Measured at three steps.',
    scale: (heats) => linearScale(heats),
  },
];
