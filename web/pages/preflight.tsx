/** @file What the service says of an experiment before it trains: errors at their places, shapes, cost, the predicted signal. */
import { useEffect, useState } from 'preact/hooks';
import type { components } from '../../client/index.ts';
import { ApiError, answer, api } from '../api/client.ts';
import { DepthPlot } from '../charts/depth_plot.tsx';
import { clip, count, duration, plural, words } from '../lib/format.ts';
import { brokenAt } from '../lib/json_places.ts';
import { Scroller, Section } from '../ui/parts.tsx';
import type { EditorError } from './editor.tsx';

type Preflight = components['schemas']['Preflight'];

export interface PreflightState {
  readonly result: Preflight | null;
  readonly errors: readonly EditorError[];
  readonly detail: string | null;
  /** The service had no time for it. */
  readonly busy?: boolean;
}

const NOTHING: PreflightState = { result: null, errors: [], detail: null };
const PAUSE_MS = 350;
const RETRY_MS = 2000;
/** Said by a service that is busy, or away. */
const isBusy = ({ problem }: ApiError): boolean =>
  problem === null || problem.status === 429 || problem.status === 503;

/** Where the text breaks off; in words as the browser says it, which names no place in every browser. */
function syntaxError(text: string, error: unknown): PreflightState {
  if (text.trim() === '') return NOTHING;
  const said = error instanceof Error ? error.message : String(error);
  const message = said.replace(/ (in JSON )?at (position|line).*$/, '');
  return {
    result: null,
    errors: [{ pointer: '', message, offset: brokenAt(text) ?? 0 }],
    detail: 'This is not JSON yet.',
  };
}

async function ask(text: string): Promise<PreflightState> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return syntaxError(text, error);
  }
  try {
    const result = await answer(api.POST('/v1/preflight', { body: body as never }));
    return { result, errors: [], detail: null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { result: null, errors: error.problem?.errors ?? [], detail: error.message, busy: isBusy(error) };
  }
}

/** Asked when typing pauses, and again while the service is busy; an answer that is out of date is dropped. */
export function usePreflight(text: string): PreflightState {
  const [state, setState] = useState<PreflightState>(NOTHING);
  useEffect(() => {
    let current = true;
    const look = async () => {
      const next = await ask(text);
      if (!current) return;
      setState(next);
      if (next.busy) timer = setTimeout(() => void look(), RETRY_MS);
    };
    let timer = setTimeout(() => void look(), PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}

function Cost({ result }: { result: Preflight }) {
  const { estimate, steps, batch_size, training_samples, memory_bytes, limits_exceeded } = result;
  const facts = [
    ['Parameters', result.parameters.toLocaleString('en')],
    ['Steps', `${steps} of ${batch_size} samples`],
    ['Samples', training_samples.toLocaleString('en')],
    ['FLOPs a step', count(estimate.flops_per_step)],
    ['Memory', `${count(memory_bytes)}B`],
    ['Trainings, about', String(estimate.trials)],
    ['Takes about', duration(estimate.duration_s)],
  ] as const;
  return (
    <>
      <dl class="cost">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {limits_exceeded.map(({ name, value, limit }) => (
        <p key={name} class="notice">
          {words(name)}: {count(value)} is more than the {count(limit)} that this service takes.
        </p>
      ))}
    </>
  );
}

function Layers({ result }: { result: Preflight }) {
  return (
    <Scroller label="Layers">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Type</th>
            <th scope="col">Output</th>
            <th scope="col" class="number">
              Parameters
            </th>
          </tr>
        </thead>
        <tbody>
          {result.layers.map(({ layer, type, activation, output_shape, parameters }) => (
            <tr key={layer}>
              <th scope="row">{clip(layer, 40)}</th>
              <td>
                {type}
                {activation === null ? '' : `, ${activation}`}
              </td>
              <td>{output_shape.join(' × ')}</td>
              <td class="number">{parameters.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

export function Forecast({ preflight: { result, errors, detail } }: { preflight: PreflightState }) {
  if (result === null) {
    return (
      <Section id="forecast" title="Before it trains">
        {detail === null ? (
          <div class="waiting" />
        ) : (
          <p class="empty" role="status">
            {errors.some(({ offset }) => offset === undefined) ? plural(errors.length, 'problem') : detail}
          </p>
        )}
      </Section>
    );
  }
  const layers = result.layers.map(({ layer }) => layer);
  return (
    <Section
      id="forecast"
      title="Before it trains"
      lead="Told by the shapes and by mean-field theory; nothing was trained yet."
    >
      {result.findings.map(({ rule, message }) => (
        <div key={rule} class="finding warning">
          <h3>{words(rule)}</h3>
          <p>{message}</p>
        </div>
      ))}
      <DepthPlot
        layers={layers}
        label="Predicted size of outputs and gradients at each layer"
        series={[
          {
            label: 'outputs, predicted RMS',
            colour: 'series-2',
            values: result.layers.map((row) => row.predicted_forward_rms),
          },
          {
            label: 'gradient, predicted RMS',
            colour: 'series-1',
            values: result.layers.map((row) => row.predicted_gradient_rms),
            spread: result.layers.map((row) => 2 * (row.gradient_spread ?? 0)),
          },
        ]}
      />
      <Cost result={result} />
      <Layers result={result} />
    </Section>
  );
}
