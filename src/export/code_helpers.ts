/** @file Python classes that the layers' code uses and that PyTorch and Keras lack. Only those that are used are sent. */

/** Shapes of what is merged broadcast without the batch: axes of size 1 come after it. */
const ALIGNED = `def aligned(x):
    rank = max(y.dim() for y in x)
    return [y.reshape(y.shape[0], *[1] * (rank - y.dim()), *y.shape[1:]) for y in x]
`;

const merging = (name: string, ...body: string[]) =>
  `class ${name}(nn.Module):\n    def forward(self, *x):\n${body.map((line) => `        ${line}\n`).join('')}`;

const torchClasses: Readonly<Record<string, string>> = {
  Add: merging('Add', 'return sum(aligned(x))'),
  Average: merging('Average', 'return sum(aligned(x)) / len(x)'),
  Subtract: merging('Subtract', 'a, b = aligned(x)', 'return a - b'),
  Multiply: merging('Multiply', 'y, *rest = aligned(x)', 'for z in rest: y = y * z', 'return y'),
  Maximum: merging('Maximum', 'y, *rest = aligned(x)', 'for z in rest: y = torch.maximum(y, z)', 'return y'),
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
    def forward(self, x):
        a, b = self.ahead(x), self.behind(x.flip(1))
        b = b.flip(1) if self.behind.return_sequences else b
        if self.merge == "concatenate": return torch.cat([a, b], -1)
        return a * b if self.merge == "multiply" else (a + b) / (2 if self.merge == "average" else 1)
`,
  ResetFirstGRU: `class ResetFirstGRU(nn.GRU):
    def forward(self, x):
        h, states = x.new_zeros(len(x), self.hidden_size), []
        w_r, w_z, w_n = self.weight_hh_l0.chunk(3)
        for x_t in nn.functional.linear(x, self.weight_ih_l0, self.bias_ih_l0 if self.bias else None).unbind(1):
            r, z, n = x_t.chunk(3, -1)
            r, z = torch.sigmoid(r + h @ w_r.T), torch.sigmoid(z + h @ w_z.T)
            h = z * h + (1 - z) * torch.tanh(n + (r * h) @ w_n.T)
            states.append(h)
        return torch.stack(states, 1), h
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
    def forward(self, x): return self.projection(x) + self.body(x)
`,
  Transpose: `class Transpose(nn.Module):
    def __init__(self, a, b): super().__init__(); self.a, self.b = a, b
    def forward(self, x): return x.transpose(self.a, self.b)
`,
  Recurrent: `class Recurrent(nn.Module):
    def __init__(self, rnn, return_sequences=False):
        super().__init__(); self.rnn, self.return_sequences = rnn, return_sequences
    def forward(self, x):
        y, _ = self.rnn(x)
        return y if self.return_sequences else y[:, -1]
`,
  SelfAttention: `class SelfAttention(nn.Module):
    def __init__(self, features, heads, causal=False, bias=True):
        super().__init__(); self.heads, self.causal = heads, causal
        self.query = nn.Linear(features, features, bias)
        self.key = nn.Linear(features, features, bias)
        self.value = nn.Linear(features, features, bias)
        self.output = nn.Linear(features, features, bias)
    def forward(self, x):
        batch, time, features = x.shape
        q, k, v = (p(x).view(batch, time, self.heads, -1).transpose(1, 2) for p in (self.query, self.key, self.value))
        scores = q @ k.transpose(2, 3) / (features / self.heads) ** 0.5
        if self.causal:
            scores = scores.masked_fill(torch.ones(time, time, device=x.device).triu(1).bool(), float("-inf"))
        return self.output((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))
`,
  MultiHeadAttention: `class MultiHeadAttention(nn.Module):
    def __init__(self, features, key_features, value_features, heads, causal=False, bias=True):
        super().__init__(); self.heads, self.causal = heads, causal
        self.query = nn.Linear(features, features, bias)
        self.key = nn.Linear(key_features, features, bias)
        self.value = nn.Linear(value_features, features, bias)
        self.output = nn.Linear(features, features, bias)
    def forward(self, query, value, key=None):
        split = lambda x: x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
        q, k, v = split(self.query(query)), split(self.key(value if key is None else key)), split(self.value(value))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        if self.causal:
            later = torch.ones(*scores.shape[2:], device=scores.device).triu(1).bool()
            scores = scores.masked_fill(later, float("-inf"))
        return self.output((scores.softmax(-1) @ v).transpose(1, 2).reshape(query.shape))
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
  ClassToken: `class ClassToken(keras.Layer):
    def __init__(self, features, token_initializer="zeros"):
        super().__init__(); self.token = self.add_weight(shape=(features,), initializer=token_initializer)
    def call(self, x): return keras.ops.concatenate([keras.ops.zeros_like(x[:, :1]) + self.token, x], 1)
`,
  LayerScale: `class LayerScale(keras.Layer):
    def __init__(self, shape, initial):
        super().__init__(); self.gamma = self.add_weight(shape=shape, initializer=keras.initializers.Constant(initial))
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
    def call(self, x, training=None): return self.projection(x) + self.body(x, training=training)
`,
  Attention: `class Attention(keras.Layer):
    def __init__(self, attention, causal=False):
        super().__init__(); self.attention, self.causal = attention, causal
    def call(self, x): return self.attention(*x, use_causal_mask=self.causal)
`,
  SelfAttention: `class SelfAttention(keras.Layer):
    def __init__(self, attention, causal=False):
        super().__init__(); self.attention, self.causal = attention, causal
    def call(self, x): return self.attention(x, x, use_causal_mask=self.causal)
`,
  PositionalEmbedding: `class PositionalEmbedding(keras.Layer):
    def __init__(self, time, features, learned=True):
        super().__init__()
        i = np.arange(features)
        angle = np.arange(time)[:, None] / 10_000 ** ((i - i % 2) / features)
        self.table = self.add_weight(shape=(time, features), initializer="uniform") if learned else np.where(
            i % 2 == 0, np.sin(angle), np.cos(angle)).astype("float32")
    def call(self, x): return x + self.table
`,
};

const used = (classes: Readonly<Record<string, string>>, code: string): string[] =>
  Object.entries(classes)
    .filter(([name]) => new RegExp(`(?<![\\w.])${name}\\(`).test(code))
    .map(([, text]) => text);

/** Classes that this PyTorch code needs. */
export function torchHelpers(code: string): string[] {
  const classes = used(torchClasses, code);
  return classes.some((text) => text.includes('aligned(')) ? [ALIGNED, ...classes] : classes;
}
/** Classes that this Keras code needs. */
export const kerasHelpers = (code: string): string[] => used(kerasClasses, code);
