/** @file Python classes that the layers' code uses and Keras lacks. Only those that are used are sent. */
import { called } from './definitions.ts';

const kerasClasses: Readonly<Record<string, string>> = {
  FromState: `class FromState(keras.Layer):
    """A recurrent layer that begins with a state: of an LSTM h, then c."""
    def __init__(self, layer): super().__init__(); self.layer = layer
    def call(self, x, mask=None):
        sequence, state = x
        size = getattr(self.layer, "cell", self.layer).state_size
        count = len(size) if isinstance(size, (list, tuple)) else 1
        own = None if mask is None else mask[0]
        return self.layer(sequence, initial_state=list(keras.ops.split(state, count, -1)), mask=own)
`,
  WithCell: `class WithCell(keras.Layer):
    """An LSTM cell whose output is h, then c."""
    def __init__(self, cell):
        super().__init__(); self.cell, self.state_size, self.output_size = cell, cell.state_size, 2 * cell.units
    def build(self, shape): self.cell.build(shape); super().build(shape)
    def get_initial_state(self, batch_size=None): return self.cell.get_initial_state(batch_size)
    def call(self, x, states, training=False):
        _, states = self.cell(x, states, training=training)
        return keras.ops.concatenate(states, -1), states
`,
  MaskedMax: `class MaskedMax(keras.Layer):
    def __init__(self): super().__init__(); self.supports_masking = True
    def compute_mask(self, x, previous_mask=None): return None
    def call(self, x, mask=None):
        if mask is None: return keras.ops.max(x, 1)
        mask = keras.ops.cast(keras.ops.expand_dims(mask, -1), x.dtype)
        y = keras.ops.max(keras.ops.where(mask > 0, x, -1e30), 1)
        return keras.ops.where(keras.ops.sum(mask, 1) > 0, y, keras.ops.zeros_like(y))
`,
  ClassToken: `class ClassToken(keras.Layer):
    def __init__(self, features, token_initializer="zeros"):
        super().__init__(); self.token = self.add_weight(shape=(features,), initializer=token_initializer)
        self.supports_masking = True
    def compute_mask(self, x, previous_mask=None):
        if previous_mask is None: return None
        return keras.ops.concatenate([keras.ops.ones_like(previous_mask[:, :1]), previous_mask], 1)
    def call(self, x): return keras.ops.concatenate([keras.ops.zeros_like(x[:, :1]) + self.token, x], 1)
`,
  LayerScale: `class LayerScale(keras.Layer):
    def __init__(self, shape, initial):
        super().__init__(); self.gamma = self.add_weight(shape=shape, initializer=keras.initializers.Constant(initial))
        self.supports_masking = True
    def call(self, x): return x * self.gamma
`,
  Padded: `class Padded(keras.Layer):
    def __init__(self, pool, padding, value, counted=True):
        super().__init__(); self.pool, self.padding, self.value, self.counted = pool, padding, value, counted
    def call(self, x):
        pad = lambda y: keras.ops.pad(y, self.padding, constant_values=self.value)
        return self.pool(pad(x)) if self.counted else self.pool(pad(x)) / self.pool(pad(keras.ops.ones_like(x)))
`,
  First: `class First(keras.Layer):
    def __init__(self): super().__init__(); self.supports_masking = True
    def compute_mask(self, x, previous_mask=None): return None if previous_mask is None else previous_mask[0]
    def call(self, x): return x[0]
`,
  Outputs: `class Outputs(keras.Layer):
    def call(self, x): return keras.ops.concatenate([keras.ops.reshape(y, (-1, math.prod(y.shape[1:]))) for y in x], -1)
`,
  TiedDense: `class TiedDense(keras.Layer):
    """A product with the table of an embedding, or with the kernel of another product turned around: the same numbers."""
    def __init__(self, source, use_bias=True, bias_initializer="zeros"):
        super().__init__(); self.source, self.use_bias, self.bias_initializer = source, use_bias, bias_initializer
        self.supports_masking = True
    def build(self, shape):
        if self.use_bias: self.bias = self.add_weight(shape=(self.weight.shape[0],), initializer=self.bias_initializer)
        super().build(shape)
    @property
    def weight(self): return self.source.embeddings if hasattr(self.source, "embeddings") else self.source.kernel
    def call(self, x):
        y = keras.ops.matmul(x, keras.ops.transpose(self.weight))
        return y + self.bias if self.use_bias else y
`,
  Residual: `class Residual(keras.Layer):
    def __init__(self, body, projection=None):
        super().__init__(); self.body = keras.Sequential(body); self.projection = projection or layers.Identity()
        self.supports_masking = True
    def call(self, x, training=None): return self.projection(x) + self.body(x, training=training)
`,
  Dot: `class Dot(keras.Layer):
    def call(self, x):
        a, b = x
        if len(a.shape) == 2: return keras.ops.sum(a * b, 1, keepdims=True)
        rank = max(len(a.shape), len(b.shape))
        wide = lambda y: keras.ops.reshape(y, (-1, *[1] * (rank - len(y.shape)), *y.shape[1:]))
        return keras.ops.matmul(wide(a), wide(b))
`,
  AlignedUpSampling2D: `class AlignedUpSampling2D(keras.Layer):
    def __init__(self, *scale):
        super().__init__(); self.scale = scale
    def call(self, x):
        # Linear along height, then width; the corners stay where they are.
        for axis, scale in zip((2, 3), self.scale):
            size = x.shape[axis]
            at = (size - 1) * keras.ops.arange(size * scale, dtype="float32") / max(1, size * scale - 1)
            shares = keras.ops.relu(1 - keras.ops.abs(at - keras.ops.arange(size, dtype="float32")[:, None]))
            x = keras.ops.moveaxis(keras.ops.matmul(keras.ops.moveaxis(x, axis, -1), shares), -1, axis)
        return x
`,
  EdgePadding: `class EdgePadding(keras.Layer):
    def __init__(self, mode, *sides): super().__init__(); self.mode, self.sides = mode, sides
    def call(self, x):
        # Time of a sequence, height and width of an image with the channels first.
        for axis, side in enumerate(self.sides, len(self.sides)):
            x = keras.ops.take(x, np.pad(np.arange(x.shape[axis]), side, mode=self.mode), axis)
        return x
`,
  Slice: `class Slice(keras.Layer):
    def __init__(self, axis, start, stop, step):
        super().__init__(); self.axis, self.part = axis, slice(start, stop, step)
        self.supports_masking = True
    def compute_mask(self, x, previous_mask=None):
        return previous_mask if previous_mask is None or self.axis != 1 else previous_mask[:, self.part]
    def call(self, x): return x[(slice(None),) * self.axis + (self.part,)]
`,
  Penalty: `class Penalty(keras.Layer):
    """Adds to the loss."""
    def __init__(self, function, weight):
        super().__init__(); self.function, self.weight, self.supports_masking = function, weight, True
    def call(self, x, mask=None):
        cost = self.function(x)
        if mask is not None:
            kept = keras.ops.reshape(mask, (-1, mask.shape[1]) + (1,) * (len(x.shape) - 2))
            cost = keras.ops.where(kept, cost, keras.ops.zeros_like(cost))
        self.add_loss(self.weight * keras.ops.mean(keras.ops.sum(cost, tuple(range(1, len(x.shape))))))
        return x
`,
  StopGradient: `class StopGradient(keras.Layer):
    def __init__(self): super().__init__(); self.supports_masking = True
    def call(self, x): return keras.ops.stop_gradient(x)
`,
  Reverse: `class Reverse(keras.Layer):
    def __init__(self, axis): super().__init__(); self.axis, self.supports_masking = axis, True
    def compute_mask(self, x, previous_mask=None):
        return previous_mask if previous_mask is None or self.axis != 1 else keras.ops.flip(previous_mask, 1)
    def call(self, x): return keras.ops.flip(x, self.axis)
`,
  Attention: `class Attention(keras.Layer):
    def __init__(self, attention, causal=False):
        super().__init__(); self.attention, self.causal = attention, causal
        self.supports_masking = True
    def compute_mask(self, x, previous_mask=None): return None if previous_mask is None else previous_mask[0]
    def call(self, x): return self.attention(*x, use_causal_mask=self.causal)
`,
  SelfAttention: `class SelfAttention(keras.Layer):
    def __init__(self, attention, causal=False):
        super().__init__(); self.attention, self.causal = attention, causal
        self.supports_masking = True
    def call(self, x): return self.attention(x, x, use_causal_mask=self.causal)
`,
  ScoredAttention: `class ScoredAttention(keras.Layer):
    """Attention whose query heads may share those of keys and values; positions turn queries and keys, or add to the scores."""
    def __init__(self, heads, size, features, shared=None, scale=None, positions=None, dropout=0.0, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None):
        super().__init__(); self.heads, self.size, self.shared = heads, size, shared or heads
        self.scale, self.positions, self.dropped = scale or size ** -0.5, positions, layers.Dropout(dropout)
        made = lambda units: layers.Dense(units, use_bias=use_bias, kernel_initializer=kernel_initializer,
                                          bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer)
        self.query, self.key = made(heads * size), made(self.shared * size)
        self.value, self.joined = made(self.shared * size), made(features)
    def call(self, query, value, key=None, use_causal_mask=False, value_mask=None, training=None):
        turn = getattr(self.positions, "turn", lambda x: x)
        apart = lambda x: keras.ops.reshape(x, (-1, x.shape[1], x.shape[2] // self.size, self.size))
        split = lambda x: keras.ops.transpose(apart(x), (0, 2, 1, 3))
        wide = lambda x: keras.ops.repeat(x, self.heads // self.shared, 1)
        q, k = turn(split(self.query(query))), wide(turn(split(self.key(value if key is None else key))))
        scores = keras.ops.matmul(q, keras.ops.transpose(k, (0, 1, 3, 2))) * self.scale
        queries, keys = query.shape[1], value.shape[1]
        if hasattr(self.positions, "added"): scores = scores + self.positions.added(self.heads, queries, keys, use_causal_mask)
        seen = np.tri(queries, keys) if use_causal_mask else np.ones((queries, keys))
        if value_mask is not None: seen = seen * keras.ops.cast(value_mask, scores.dtype)[:, None, None, :]
        weights = self.dropped(keras.ops.softmax(keras.ops.where(seen > 0, scores, -1e30), -1) * seen, training=training)
        y = keras.ops.matmul(weights, wide(split(self.value(value))))
        return self.joined(keras.ops.reshape(keras.ops.transpose(y, (0, 2, 1, 3)), (-1, queries, self.heads * self.size)))
`,
  Rotary: `class Rotary:
    def __init__(self, base, dimensions, interleaved):
        self.base, self.dimensions, self.interleaved = base, dimensions, interleaved
    def turn(self, x):
        time, size = x.shape[2:]
        n, i = self.dimensions or size, np.arange(size)
        pair, partner = (i // 2, i ^ 1) if self.interleaved else (i % (n // 2), (i + n // 2) % n)
        angle = np.arange(time)[:, None] * self.base ** (-2.0 * pair / n) * (i < n)
        partners = np.where((i < n) & (i[:, None] == partner), np.where(partner > i, -1.0, 1.0), 0.0)
        return x * np.cos(angle).astype("float32") + keras.ops.matmul(x, partners.astype("float32")) * np.sin(angle).astype("float32")
`,
  Alibi: `class Alibi:
    def __init__(self, slopes): self.slopes = slopes
    def added(self, heads, queries, keys, causal):
        away = np.abs(np.arange(queries)[:, None] - np.arange(keys))
        return (-np.array(self.slopes)[:, None, None] * away).astype("float32")
`,
  RelativeBias: `class RelativeBias(layers.Embedding):
    def __init__(self, buckets, heads, farthest): super().__init__(buckets, heads); self.farthest = farthest
    def added(self, heads, queries, keys, causal):
        away = np.arange(keys) - np.arange(queries)[:, None]
        own = self.input_dim // (1 if causal else 2)
        exact, size = own // 2, np.maximum(-away, 0) if causal else np.abs(away)
        share = np.log(np.maximum(size / exact, 1)) / np.log(self.farthest / exact)
        bucket = np.where(size < exact, size, np.minimum(own - 1, exact + (share * (own - exact) + 1e-6).astype(int)))
        return keras.ops.transpose(self(bucket if causal else bucket + own * (away > 0)), (2, 0, 1))
`,
  WindowBias: `class WindowBias(layers.Embedding):
    def __init__(self, height, width, heads):
        super().__init__((2 * height - 1) * (2 * width - 1), heads); self.window = height, width
    def added(self, heads, queries, keys, causal):
        height, width = self.window
        place = np.arange(height * width)
        row, column = (x[:, None] - x + n - 1 for x, n in ((place // width, height), (place % width, width)))
        return keras.ops.transpose(self(row * (2 * width - 1) + column), (2, 0, 1))
`,
  PositionalEmbedding: `class PositionalEmbedding(keras.Layer):
    def __init__(self, time, features, learned=True):
        super().__init__(); self.supports_masking = True
        i = np.arange(features)
        angle = np.arange(time)[:, None] / 10_000 ** ((i - i % 2) / features)
        self.table = self.add_weight(shape=(time, features), initializer="uniform") if learned else np.where(
            i % 2 == 0, np.sin(angle), np.cos(angle)).astype("float32")
    def call(self, x): return x + self.table
`,
};

/** Classes that this Keras code needs. */
export const kerasHelpers = (code: string): string[] => called(kerasClasses, code);
