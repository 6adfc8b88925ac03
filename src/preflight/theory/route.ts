/**
 * @file The way through a network: along its layers to the preactivation of the last one, whose activation and loss are its head.
 * Where the theory does not reach that far, the reason.
 */
import { type PlacedLayer, sourceKey } from '../../network/index.ts';
import {
  activate,
  isNotReached,
  type NotReached,
  type Signal,
  type Transfer,
} from '../../network/propagation/index.ts';
import { present } from '../../util/assert.ts';
import type { HeadLayer } from './head.ts';
import {
  type Arrivals,
  type Journey,
  overflowOf,
  type Passed,
  passedOf,
  reused,
  type Surroundings,
  transferOf,
  travel,
} from './network.ts';

/** Layers that only apply an activation, and the layer before them, whose activation goes with them. */
function splitHead(layers: readonly PlacedLayer[]) {
  const last = layers.findLastIndex(({ type }) => type !== 'activation');
  return { body: layers.slice(0, last), last: layers[last], activations: layers.slice(last + 1) };
}

export interface Head {
  readonly layers: readonly HeadLayer[];
  readonly preactivation: Signal;
  /** From the gradient at the preactivation to those at the layer's inputs. */
  readonly backward: Passed['backward'];
  /** The layer whose preactivation it is. */
  readonly layer: PlacedLayer;
  readonly passed: Passed | null;
}

export type Route =
  | { readonly journey: Journey; readonly head: Head }
  | {
      readonly journey: Journey;
      readonly head: null;
      readonly reason: string;
      readonly stopped: Journey['stopped'];
    };

type End = Pick<Head, 'preactivation' | 'backward' | 'passed'> & Pick<Transfer, 'activation'>;

/** The last layer up to its activation; of a residual connection, or of several inputs, what they come to. */
function endOf(layer: PlacedLayer, arrivals: Arrivals, surroundings: Surroundings): End | NotReached {
  const again = reused(layer);
  if (again !== null) return again;
  const [source, ...others] = layer.inputs;
  if (layer.type === 'residual' || others.length > 0 || source === undefined) {
    const { passed: all, stopped } = travel([layer], arrivals, surroundings);
    const passed = all[0];
    if (stopped !== null || passed === undefined) return stopped ?? { reason: 'it is empty' };
    return { preactivation: passed.output, backward: passed.backward, activation: null, passed };
  }
  const input = present(arrivals.get(sourceKey(source)), layer.name).signal;
  const transfer = transferOf(layer, input, surroundings);
  if (isNotReached(transfer)) return transfer;
  const { preactivation, activation } = transfer;
  const overflow = overflowOf(layer, preactivation);
  if (overflow !== null) return overflow;
  const activated = activate(transfer);
  const passed = isNotReached(activated) ? null : passedOf(layer, input, activated);
  return {
    preactivation,
    backward: (gradient, visitor) => [transfer.backward(gradient, visitor)],
    activation,
    passed,
  };
}

/** Through the body to the last preactivation. */
export function routeOf(layers: readonly PlacedLayer[], inputs: Arrivals, surroundings: Surroundings): Route {
  const { body, last, activations } = splitHead(layers);
  const journey = travel(body, inputs, surroundings);
  const lost = (reason: string, stopped: Journey['stopped'] = null): Route => ({
    journey,
    head: null,
    reason,
    stopped,
  });
  if (journey.stopped !== null)
    return lost(`layer "${journey.stopped.layer}": ${journey.stopped.reason}`, journey.stopped);
  if (last === undefined) return lost('the network has no weights');
  const end = endOf(last, journey.arrivals, surroundings);
  if (isNotReached(end)) return lost(`layer "${last.name}": ${end.reason}`, { layer: last.name, ...end });
  const { activation, ...head } = end;
  if (head.preactivation.shape.length > 1)
    return lost('the output has several positions, whose correlation is not followed');
  const rest = activations.map((layer) => {
    const found = transferOf(layer, head.preactivation, surroundings);
    return { layer: layer.name, activation: isNotReached(found) ? null : found.activation };
  });
  return {
    journey,
    head: { ...head, layer: last, layers: [{ layer: last.name, activation }, ...rest] },
  };
}
