/** @file The usual settings as fields: they change the text of the experiment and nothing else of it. */
import { prettyJson } from '../ui/parts.tsx';

type Tree = Record<string, unknown>;

interface Field {
  readonly label: string;
  readonly path: readonly string[];
}

const FIELDS: readonly Field[] = [
  { label: 'Learning rate', path: ['training', 'optimizer', 'learning_rate'] },
  { label: 'Steps', path: ['training', 'steps'] },
  { label: 'Batch size', path: ['training', 'batch_size'] },
  { label: 'Seeds', path: ['remedies', 'seeds'] },
];

const ACTIVATIONS = [
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
];

function parse(text: string): Tree | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : null;
  } catch {
    return null;
  }
}

const child = (tree: unknown, key: string): unknown =>
  tree !== null && typeof tree === 'object' ? (tree as Tree)[key] : undefined;

const valueAt = (tree: Tree, path: readonly string[]): unknown => path.reduce<unknown>(child, tree);

/** An optimizer may be a name alone: then it becomes an object. */
function withValue(tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): Tree {
  if (rest.length === 0) return { ...tree, [key]: value };
  const inner = tree[key];
  const object = typeof inner === 'string' ? { type: inner } : ((inner ?? {}) as Tree);
  return { ...tree, [key]: withValue(object, rest, value) };
}

/** Every hidden activation that is there; the output keeps its own. */
function activated(layers: unknown, activation: string): unknown {
  if (!Array.isArray(layers)) return layers;
  return layers.map((layer: Tree) => {
    const inner = layer.layers === undefined ? {} : { layers: activated(layer.layers, activation) };
    const own = layer.activation === undefined || layer.activation === 'linear' ? {} : { activation };
    return { ...layer, ...inner, ...own };
  });
}

function firstActivation(layers: unknown): string {
  if (!Array.isArray(layers)) return '';
  for (const layer of layers as Tree[]) {
    const found = typeof layer.activation === 'string' ? layer.activation : firstActivation(layer.layers);
    if (found !== '' && found !== 'linear') return found;
  }
  return '';
}

export function Form({ text, onChange }: { text: string; onChange(text: string): void }) {
  const tree = parse(text);
  if (tree === null) return null;
  const set = (changed: Tree) => onChange(prettyJson(changed));
  const network = (tree.network ?? {}) as Tree;
  const activation = firstActivation(network.layers);
  return (
    <>
      {activation !== '' && (
        <label class="field">
          Activation
          <select
            value={activation}
            onChange={(event) =>
              set({
                ...tree,
                network: { ...network, layers: activated(network.layers, event.currentTarget.value) },
              })
            }
          >
            {[...new Set([activation, ...ACTIVATIONS])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      {FIELDS.map(({ label, path }) => (
        <label class="field" key={label}>
          {label}
          <input
            type="number"
            step="any"
            value={String(valueAt(tree, path) ?? '')}
            onChange={(event) => {
              const value = event.currentTarget.valueAsNumber;
              if (Number.isFinite(value)) set(withValue(tree, path, value));
            }}
          />
        </label>
      ))}
    </>
  );
}
