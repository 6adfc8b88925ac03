/** @file The activation explorer: curves, slopes and what mean-field theory makes of them in a deep network. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { components } from '../../client/index.ts';
import { ApiError, answer, api } from '../api/client.ts';
import { type Curve, Lines } from '../charts/lines.tsx';
import { clip, number } from '../lib/format.ts';
import { address } from '../lib/router.ts';
import { CopyButton, Scroller, Section } from '../ui/parts.tsx';
import { Designs } from './designs.tsx';

type Compared = components['schemas']['ComparedActivation'];

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];
const MOST = 5;
const NAMES = [
  'sigmoid',
  'tanh',
  'relu',
  'leaky_relu',
  'elu',
  'selu',
  'gelu',
  'silu',
  'mish',
  'softplus',
  'softsign',
  'hard_swish',
  'sine',
  'squared_relu',
];
const DEFAULT = ['sigmoid', 'tanh', 'relu', 'gelu'];
const DEPTHS = [10, 30, 100];

/** A formula where it is no name. */
const asked = (text: string): unknown =>
  /^[a-z_0-9]+$/.test(text) && text !== 'x' ? text : { expression: text };

function useComparison(activations: readonly string[], depth: number) {
  const [state, setState] = useState<{ rows: readonly Compared[]; error: string | null }>({
    rows: [],
    error: null,
  });
  useEffect(() => {
    let current = true;
    const body = { activations: activations.map(asked), depth } as never;
    answer(api.POST('/v1/activations/compare', { body })).then(
      // In the order that was asked for. The service calls every formula "expression"; here they are told apart.
      ({ activations: rows }) =>
        current &&
        setState({ rows: rows.map((row, i) => ({ ...row, name: activations[i] ?? row.name })), error: null }),
      (error: unknown) => {
        const problem =
          error instanceof ApiError ? (error.problem?.errors?.[0]?.message ?? error.message) : String(error);
        if (current) setState((before) => ({ ...before, error: problem }));
      },
    );
    return () => {
      current = false;
    };
  }, [activations, depth]);
  return state;
}

const curvesOf = (
  rows: readonly Compared[],
  points: (row: Compared) => { x: readonly number[]; y: readonly (number | null)[] },
): Curve[] =>
  rows.map((row, i) => ({
    label: clip(row.name, 40),
    colour: COLOURS[i % COLOURS.length] as string,
    ...points(row),
  }));

/** Shifted and scaled for the depth: may be added to the comparison; or why there is none. */
function Tailored({ tailored, onAdd }: { tailored: Compared['tailored']; onAdd(formula: string): void }) {
  if ('reason' in tailored) return <small>{tailored.reason}</small>;
  const { expression } = tailored.activation as { expression: string };
  return (
    <button type="button" class="button small" title={expression} onClick={() => onAdd(expression)}>
      Add
    </button>
  );
}

function Table({ rows, onAdd }: { rows: readonly Compared[]; onAdd(formula: string): void }) {
  return (
    <Scroller label="Theory">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Activation</th>
            <th scope="col">Gain χ₁</th>
            <th scope="col">Depth scale</th>
            <th scope="col">Edge of chaos σ²</th>
            <th scope="col">Slope</th>
            <th scope="col">Saturates</th>
            <th scope="col">Dead zone</th>
            <th scope="col">Tailored to the depth</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, theory, slope_range, saturation, dead_zone, tailored }) => (
            <tr key={name}>
              <th scope="row">
                <bdi>{clip(name, 40)}</bdi>
              </th>
              <td>{number(theory?.gain)}</td>
              <td>{theory === null ? '–' : number(theory.depth_scale, theory.non_finite?.depth_scale)}</td>
              <td title={theory?.edge_of_chaos.note ?? ''}>
                {number(theory?.edge_of_chaos.weight_variance)}
              </td>
              <td>
                {number(slope_range.min, slope_range.non_finite?.min)} to{' '}
                {number(slope_range.max, slope_range.non_finite?.max)}
              </td>
              <td>
                {saturation === null ? 'no' : `at ${number(saturation.low)} and ${number(saturation.high)}`}
              </td>
              <td>{dead_zone ? 'yes' : 'no'}</td>
              <td>
                <Tailored tailored={tailored} onAdd={onAdd} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

function Picker({
  chosen,
  onChange,
}: {
  chosen: readonly string[];
  onChange(next: readonly string[]): void;
}) {
  const [formula, setFormula] = useState('x * sigmoid(1.7 * x)');
  const toggle = (name: string) =>
    onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-MOST));
  return (
    <>
      <fieldset class="suggestions">
        <legend>Up to {MOST} at once</legend>
        {[...NAMES, ...chosen.filter((one) => !NAMES.includes(one))].map((name) => (
          <button key={name} type="button" aria-pressed={chosen.includes(name)} onClick={() => toggle(name)}>
            <bdi>{clip(name, 40)}</bdi>
          </button>
        ))}
      </fieldset>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          const given = formula.trim();
          if (given !== '' && !chosen.includes(given)) toggle(given);
        }}
      >
        <label class="field wide">
          A formula of your own
          <input
            value={formula}
            onInput={(event) => setFormula(event.currentTarget.value)}
            spellcheck={false}
          />
        </label>
        <button type="submit" class="button small">
          Add
        </button>
        <CopyButton text={JSON.stringify({ activation: { expression: formula } })}>
          Copy for a layer
        </CopyButton>
      </form>
    </>
  );
}

function Shapes({ rows }: { rows: readonly Compared[] }) {
  const values = useMemo(() => curvesOf(rows, ({ curve }) => ({ x: curve.inputs, y: curve.values })), [rows]);
  const slopes = useMemo(
    () => curvesOf(rows, ({ curve }) => ({ x: curve.inputs, y: curve.derivatives })),
    [rows],
  );
  return (
    <Section id="shapes" title="Shape">
      <div class="charts">
        <div>
          <h3>Value</h3>
          <Lines curves={values} label="Value of each activation" xLabel="x" />
        </div>
        <div>
          <h3>Slope</h3>
          <Lines curves={slopes} label="Derivative of each activation" xLabel="x" />
        </div>
      </div>
    </Section>
  );
}

function Gains({ rows }: { rows: readonly Compared[] }) {
  const gains = useMemo(
    () =>
      curvesOf(rows, ({ gradient_range }) => {
        // One point starts elsewhere than the others: it is a number of the table.
        const curve = gradient_range.filter(({ edge_of_chaos }) => !edge_of_chaos);
        return {
          x: curve.map(({ weight_variance }) => weight_variance),
          y: curve.map(({ ratio }) => ratio),
        };
      }),
    [rows],
  );
  return (
    <Lines
      curves={gains}
      log
      logX
      label="Gradient ratio over the weight variance"
      xLabel="σ²"
      levels={[{ label: 'kept', colour: 'muted', value: 1 }]}
    />
  );
}

export function ActivationsPage() {
  const start = address.value.searchParams.get('a');
  const [chosen, setChosen] = useState<readonly string[]>(
    start === null ? DEFAULT : start.split('|').slice(0, MOST),
  );
  const [depth, setDepth] = useState(30);
  const { rows, error } = useComparison(chosen, depth);
  return (
    <>
      <div class="page-head">
        <h1>Activations</h1>
      </div>
      <Section id="choose" title="Compare">
        <Picker chosen={chosen} onChange={setChosen} />
        {error !== null && (
          <p role="alert" class="notice">
            {error}
          </p>
        )}
      </Section>
      {rows.length === 0 && error === null && chosen.length > 0 && <div class="card waiting tall" />}
      {rows.length > 0 && (
        <>
          <Shapes rows={rows} />
          <Section
            id="deep"
            title="In a deep network"
            lead={`Gradient at the first of ${depth} layers over that at the last, for each variance σ²/fan-in of the weights. At 1 it keeps its size.`}
          >
            <label class="field">
              Layers
              <select value={String(depth)} onChange={(event) => setDepth(Number(event.currentTarget.value))}>
                {DEPTHS.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
            <Gains rows={rows} />
            <Table
              rows={rows}
              onAdd={(formula) =>
                setChosen([...chosen.filter((one) => one !== formula), formula].slice(-MOST))
              }
            />
          </Section>
        </>
      )}
      <Designs />
    </>
  );
}
