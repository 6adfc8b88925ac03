/** @file Python classes that the layers' code uses and that PyTorch and Keras lack. Only those that are used are sent. */

/** Shapes of what is merged broadcast without the batch: axes of size 1 come after it. */
const ALIGNED = `def aligned(x):
    rank = max(y.dim() for y in x)
    return [y.reshape(y.shape[0], *[1] * (rank - y.dim()), *y.shape[1:]) for y in x]
`;

/** What is masked has no weight; 0 where a query sees nothing else. */
const WEIGHTS = `def weights_of(scores, mask):
    if mask is None: return scores.softmax(-1)
    hidden = scores.isinf() | ~mask[:, None, None, :]
    return scores.masked_fill(hidden, -1e30).softmax(-1).masked_fill(hidden, 0)
`;

const merging = (name: string, ...body: string[]) =>
  `class ${name}(nn.Module):\n    def forward(self, *x):\n${body.map((line) => `        ${line}\n`).join('')}`;

const torchClasses: Readonly<Record<string, string>> = {
  Add: merging('Add', 'return sum(aligned(x))'),
  Average: merging('Average', 'return sum(aligned(x)) / len(x)'),
  Subtract: merging('Subtract', 'a, b = aligned(x)', 'return a - b'),
  Multiply: merging('Multiply', 'y, *rest = aligned(x)', 'for z in rest: y = y * z', 'return y'),
  Maximum: merging('Maximum', 'y, *rest = aligned(x)', 'for z in rest: y = torch.maximum(y, z)', 'return y'),
  Dot: `class Dot(nn.Module):
    def forward(self, a, b):
        if a.dim() == 2: return (a * b).sum(1, keepdim=True)
        a, b = aligned([a, b])
        return a @ b
`,
  Concatenate: `class Concatenate(nn.Module):
    def __init__(self, axis): super().__init__(); self.axis = axis
    def forward(self, *x): return torch.cat(x, self.axis)
`,
  Expression: `class Expression(nn.Module):
    def __init__(self, f): super().__init__(); self.f = f
    def forward(self, x): return self.f(x)
`,
  GaussianNoise: `class GaussianNoise(nn.Module):
    def __init__(self, stddev): super().__init__(); self.stddev = stddev
    def forward(self, x): return x + self.stddev * torch.randn_like(x) if self.training else x
`,
  Bidirectional: `class Bidirectional(nn.Module):
    def __init__(self, ahead, behind, merge):
        super().__init__(); self.ahead, self.behind, self.merge = ahead, behind, merge
    def forward(self, x, mask=None):
        a, b = self.ahead(x, mask=mask), self.behind(x.flip(1), mask=None if mask is None else mask.flip(1))
        b = b.flip(1) if self.behind.return_sequences else b
        if self.merge == "concatenate": return torch.cat([a, b], -1)
        return a * b if self.merge == "multiply" else (a + b) / (2 if self.merge == "average" else 1)
`,
  StepByStep: `class StepByStep(nn.RNNBase):
    """A recurrent module of PyTorch, step by step: with activations, dropout of the state and resets of its own, and with a
    mask [batch, time] that is true where a time step counts; a masked step keeps the state."""
    def __init__(self, mode, inputs, units, bias=True, act=nn.Tanh(), gate=nn.Sigmoid(), dropped=0.0, reset_first=False, cell=False):
        super().__init__(mode, inputs, units, bias=bias, batch_first=True)
        self.act, self.gate, self.dropped, self.reset_first, self.cell = act, gate, dropped, reset_first, cell
    def forward(self, x, mask=None, hx=None):
        linear, (own, more) = nn.functional.linear, (self.bias_ih_l0, self.bias_hh_l0) if self.bias else (None, None)
        h = c = x.new_zeros(len(x), self.hidden_size)
        if hx is not None: h, c = (hx[0][0], hx[1][0]) if isinstance(hx, tuple) else (hx[0], c)
        kept = nn.functional.dropout(torch.ones_like(h), self.dropped, self.training)
        states = []
        for t, x_t in enumerate(linear(x, self.weight_ih_l0, own).unbind(1)):
            h_t, c_t = self.step(x_t, h * kept, h, c, self.weight_hh_l0, more)
            counts = None if mask is None else mask[:, t, None]
            h, c = (h_t, c_t) if mask is None else (torch.where(counts, h_t, h), torch.where(counts, c_t, c))
            states.append(torch.cat([h, c], -1) if self.cell else h)
        return torch.stack(states, 1), h
    def step(self, x, seen, h, c, w, more):
        linear, act, gate = nn.functional.linear, self.act, self.gate
        if self.mode == "LSTM":
            i, f, g, o = (x + linear(seen, w, more)).chunk(4, -1)
            c = gate(f) * c + gate(i) * act(g)
            return gate(o) * act(c), c
        if self.mode != "GRU": return act(x + linear(seen, w, more)), c
        r, z, g = x.chunk(3, -1)
        if self.reset_first:
            w_r, w_z, w_g = w.chunk(3)
            r, z = gate(r + linear(seen, w_r)), gate(z + linear(seen, w_z))
            g = act(g + linear(r * seen, w_g))
        else:
            h_r, h_z, h_g = linear(seen, w, more).chunk(3, -1)
            r, z = gate(r + h_r), gate(z + h_z)
            g = act(g + r * h_g)
        return z * h + (1 - z) * g, c
`,
  Masking: `class Masking(nn.Module):
    def __init__(self, value): super().__init__(); self.value = value
    def forward(self, x):
        kept = (x != self.value).flatten(2).any(2)
        return x * kept.reshape(*kept.shape, *[1] * (x.dim() - 2))
`,
  MaskedMean: `class MaskedMean(nn.Module):
    def forward(self, x, mask): return (x * mask.unsqueeze(2)).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
`,
  MaskedMax: `class MaskedMax(nn.Module):
    def forward(self, x, mask):
        y = x.masked_fill(~mask.unsqueeze(2), float("-inf")).amax(1)
        return torch.where(mask.any(1, keepdim=True), y, torch.zeros_like(y))
`,
  MaskedBatchNorm: `class MaskedBatchNorm(nn.BatchNorm1d):
    def forward(self, x, mask):
        mean, variance = self.running_mean, self.running_var
        if self.training:
            kept = x[mask] if mask.any() else torch.zeros_like(x[:1, 0])
            mean, variance = kept.mean(0), kept.var(0, unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(variance, self.momentum)
        return (x - mean) / (variance + self.eps).sqrt() * self.weight + self.bias
`,
  TimeDistributed: `class TimeDistributed(nn.Sequential):
    def forward(self, x): return super().forward(x.flatten(0, 1)).unflatten(0, x.shape[:2])
`,
  ClassToken: `class ClassToken(nn.Module):
    def __init__(self, features): super().__init__(); self.token = nn.Parameter(torch.zeros(features))
    def forward(self, x): return torch.cat([self.token.expand(len(x), 1, -1), x], 1)
`,
  DropPath: `class DropPath(nn.Module):
    def __init__(self, rate): super().__init__(); self.rate = rate
    def forward(self, x):
        if not self.training: return x
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)
`,
  LayerScale: `class LayerScale(nn.Module):
    def __init__(self, shape, initial): super().__init__(); self.gamma = nn.Parameter(torch.full(shape, float(initial)))
    def forward(self, x): return x * self.gamma
`,
  Padded: `class Padded(nn.Module):
    def __init__(self, pool, padding, value, counted=True):
        super().__init__(); self.pool, self.padding, self.value, self.counted = pool, padding, value, counted
    def forward(self, x):
        pad = lambda y: nn.functional.pad(y, self.padding, value=self.value)
        return self.pool(pad(x)) if self.counted else self.pool(pad(x)) / self.pool(pad(torch.ones_like(x)))
`,
  Residual: `class Residual(nn.Module):
    def __init__(self, body, projection=nn.Identity()):
        super().__init__(); self.body, self.projection = body, projection
    def forward(self, x, *mask): return self.projection(x) + self.body(x, *mask)
`,
  Transpose: `class Transpose(nn.Module):
    def __init__(self, a, b): super().__init__(); self.a, self.b = a, b
    def forward(self, x): return x.transpose(self.a, self.b)
`,
  Recurrent: `class Recurrent(nn.Module):
    def __init__(self, rnn, return_sequences=False):
        super().__init__(); self.rnn, self.return_sequences = rnn, return_sequences
    def forward(self, x, state=None, mask=None):
        own = {} if mask is None else {"mask": mask}
        if state is not None:
            states = [s.unsqueeze(0).contiguous() for s in state.split(self.rnn.hidden_size, -1)]
            own["hx"] = states[0] if len(states) == 1 else tuple(states)
        y, _ = self.rnn(x, **own)
        return y if self.return_sequences else y[:, -1]
`,
  SelfAttention: `class SelfAttention(nn.Module):
    def __init__(self, features, heads, causal=False, bias=True, size=None):
        super().__init__(); self.heads, self.causal = heads, causal
        inner = features if size is None else heads * size
        self.query = nn.Linear(features, inner, bias)
        self.key = nn.Linear(features, inner, bias)
        self.value = nn.Linear(features, inner, bias)
        self.output = nn.Linear(inner, features, bias)
    def forward(self, x, mask=None):
        batch, time, _ = x.shape
        q, k, v = (p(x).view(batch, time, self.heads, -1).transpose(1, 2) for p in (self.query, self.key, self.value))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if self.causal:
            scores = scores.masked_fill(torch.ones(time, time, device=x.device).triu(1).bool(), float("-inf"))
        return self.output((weights_of(scores, mask) @ v).transpose(1, 2).flatten(2))
`,
  MultiHeadAttention: `class MultiHeadAttention(nn.Module):
    def __init__(self, features, key_features, value_features, heads, causal=False, bias=True, size=None):
        super().__init__(); self.heads, self.causal = heads, causal
        inner = features if size is None else heads * size
        self.query = nn.Linear(features, inner, bias)
        self.key = nn.Linear(key_features, inner, bias)
        self.value = nn.Linear(value_features, inner, bias)
        self.output = nn.Linear(inner, features, bias)
    def forward(self, query, value, key=None, mask=None):
        split = lambda x: x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
        q, k, v = split(self.query(query)), split(self.key(value if key is None else key)), split(self.value(value))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if self.causal:
            later = torch.ones(*scores.shape[2:], device=scores.device).triu(1).bool()
            scores = scores.masked_fill(later, float("-inf"))
        return self.output((weights_of(scores, mask) @ v).transpose(1, 2).flatten(2))
`,
  PositionalEmbedding: `class PositionalEmbedding(nn.Module):
    def __init__(self, time, features, learned=True):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(time, features), requires_grad=learned)
        if not learned:
            i = torch.arange(features)
            angle = torch.arange(time)[:, None] / 10_000 ** ((i - i % 2) / features)
            self.table.data = torch.where(i % 2 == 0, angle.sin(), angle.cos())
    def forward(self, x): return x + self.table
`,
};

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
  Slice: `class Slice(keras.Layer):
    def __init__(self, axis, start, stop, step):
        super().__init__(); self.axis, self.part = axis, slice(start, stop, step)
        self.supports_masking = True
    def compute_mask(self, x, previous_mask=None):
        return previous_mask if previous_mask is None or self.axis != 1 else previous_mask[:, self.part]
    def call(self, x): return x[(slice(None),) * self.axis + (self.part,)]
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

/** Functions of the training. */
const torchFunctions: Readonly<Record<string, string>> = {
  clip_units: `def clip_units(model, ratio):
    """Adaptive clipping: each unit's gradient at most \`ratio\` of its weights, which count as 1e-3 at least."""
    for module in model.modules():
        for name, w in module.named_parameters(recurse=False):
            if w.grad is None: continue
            # Units are rows, but columns of tables; a vector is one unit.
            axes = list(range(w.dim())) if w.dim() < 2 or name == "gamma" else list(range(1, w.dim()))
            if isinstance(module, nn.Embedding) or name == "table": axes = [0]
            size = lambda x: (x ** 2).sum(axes, keepdim=True).sqrt()
            w.grad *= (ratio * size(w.detach()).clamp(min=1e-3) / size(w.grad).clamp(min=1e-30)).clamp(max=1)
`,
  scale_to_unit_variance: `def scale_to_unit_variance(model, modules, inputs):
    """LSUV: each kernel divided by the deviation of what its layer gives on this batch, from the first layer to the last."""
    averages = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with torch.no_grad():
        for module in modules:
            seen = []
            hook = module.register_forward_hook(lambda _module, _x, y: seen.append(y))
            for _ in range(10):
                seen.clear()
                model(*inputs)
                variance = seen[0].var(unbiased=False)
                if not variance > 0 or not variance.isfinite() or abs(variance - 1) < 0.01: break
                module.weight /= variance.sqrt()
            hook.remove()
        for buffer, before in averages: buffer.copy_(before)
`,
};

const used = (classes: Readonly<Record<string, string>>, code: string): string[] =>
  Object.entries(classes)
    .filter(([name]) => new RegExp(`(?<![\\w.])${name}\\(`).test(code))
    .map(([, text]) => text);

/** Names of what one of these classes is made with, which are those of its attributes; null where it is none of them. */
export function attributesOf(name: string): string[] | null {
  const text = torchClasses[name];
  if (text === undefined) return null;
  const given = /def __init__\(self, ([^)]*)/.exec(text)?.[1] ?? '';
  return given.split(',').map((argument) => (argument.split('=')[0] as string).trim());
}

/** Classes that this PyTorch code needs. */
export function torchHelpers(code: string): string[] {
  const classes = used(torchClasses, code);
  const calls = (name: string) => classes.some((text) => text.includes(name));
  return [...(calls('aligned(') ? [ALIGNED] : []), ...(calls('weights_of(') ? [WEIGHTS] : []), ...classes];
}
/** Functions that this training code needs. */
export const torchFunctionsOf = (code: string): string[] => used(torchFunctions, code);
/** Classes that this Keras code needs. */
export const kerasHelpers = (code: string): string[] => used(kerasClasses, code);
