/** @file Measured series by layer, and what is derived from them. */
import { layersBehind } from '../../network/index.ts';
import { findSeries, type Trace, type TracedLayer } from '../../statistics/index.ts';

/** Hidden layers that hold trained parameters, in order of the forward pass. */
export const trainedHiddenLayers = (trace: Trace): TracedLayer[] =>
  trace.layers.filter((layer) => layer.parameters > 0 && !layer.is_output && layer.type !== 'residual');

/** The RMS of the loss gradient at each of these layers' outputs, at one probed step. */
export interface GradientProfile {
  readonly step: number;
  readonly layers: readonly string[];
  readonly rms: readonly number[];
  /** For each of these layers the positions, here, of those behind it on some way to the output, its own included. */
  readonly behind: readonly (readonly number[])[];
}

/** A ratio of gradients at the states of a recurrent layer, from time step to time step, at every probed step. */
export interface TimeProfile {
  readonly layer: string;
  readonly steps: readonly number[];
  readonly ratios: readonly number[];
}

/** The profile of every recurrent layer; steps without a finite gradient are left out. */
export function timeProfiles(
  trace: Trace,
  metric: 'first_to_largest_ratio' | 'first_to_last_ratio',
): TimeProfile[] {
  return trace.layers.flatMap(({ name }) => {
    const series = findSeries(trace, name, 'state_gradient', metric);
    if (series === undefined) return [];
    const usable = [...series.steps.keys()].filter(
      (i) => series.steps[i] !== trace.divergence?.step && Number.isFinite(series.values[i]),
    );
    return [
      {
        layer: name,
        steps: usable.map((i) => series.steps[i] as number),
        ratios: usable.map((i) => series.values[i] as number),
      },
    ];
  });
}

/**
 * Gradient RMS over depth at every probed step with finite gradients. RMS, so that layers of different width compare;
 * hidden layers only, because the few outputs of the last one are on a scale of their own.
 */
export function gradientProfiles(trace: Trace): GradientProfile[] {
  const layers = trainedHiddenLayers(trace);
  const series = layers.map(({ name }) => findSeries(trace, name, 'output_gradient', 'rms'));
  const steps = series[0]?.steps ?? new Int32Array();
  const reached = layersBehind(trace.layers);
  const behind = layers.map(({ name }) =>
    [...layers.keys()].filter((i) => reached.get(name)?.has(layers[i]?.name ?? '')),
  );
  return [...steps].flatMap((step, i) => {
    const rms = series.map((one) => one?.values[i] ?? Number.NaN);
    // The step that diverged holds the wreck of a gradient.
    const usable = step !== trace.divergence?.step && rms.every(Number.isFinite);
    return usable ? [{ step, layers: layers.map(({ name }) => name), rms, behind }] : [];
  });
}
