/** @file Python classes and functions that the layers' code uses and PyTorch lacks. Only those that are used are sent. */
import { called } from './definitions.ts';

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

/** Query heads may share those of keys and values; positions turn queries and keys, or add to the scores. */
const ATTENDING = `class Attending(nn.Module):
    def __init__(self, features, key_features, value_features, heads, causal=False, bias=True, size=None, shared=None, scale=None,
                 dropped=0.0, positions=None):
        super().__init__(); self.heads, self.shared, self.causal = heads, shared or heads, causal
        self.size = size or features // heads
        self.scale, self.dropped, self.positions = scale or self.size ** -0.5, dropped, positions
        self.query = nn.Linear(features, heads * self.size, bias)
        self.key = nn.Linear(key_features, self.shared * self.size, bias)
        self.value = nn.Linear(value_features, self.shared * self.size, bias)
        self.output = nn.Linear(heads * self.size, features, bias)
    def attend(self, query, key, value, mask):
        turn = getattr(self.positions, "turn", lambda x: x)
        split = lambda x: x.view(*x.shape[:2], -1, self.size).transpose(1, 2)
        wide = lambda x: x.repeat_interleave(self.heads // self.shared, 1)
        q, k, v = turn(split(self.query(query))), wide(turn(split(self.key(key)))), wide(split(self.value(value)))
        scores = q @ k.transpose(2, 3) * self.scale
        if hasattr(self.positions, "added"): scores = scores + self.positions.added(*scores.shape[1:], self.causal).to(scores)
        if self.causal:
            later = torch.ones(*scores.shape[2:], device=scores.device).triu(1).bool()
            scores = scores.masked_fill(later, float("-inf"))
        weights = nn.functional.dropout(weights_of(scores, mask), self.dropped, self.training)
        return self.output((weights @ v).transpose(1, 2).flatten(2))
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
  Outputs: `class Outputs(nn.Module):
    def forward(self, *x): return torch.cat([y.flatten(1) for y in x], 1)
`,
  AuxiliaryLoss: `class AuxiliaryLoss(nn.Module):
    """Passes on its first input; the second one of the last batch is in \`kept\`, to be judged as the first is."""
    def __init__(self, weight): super().__init__(); self.weight, self.kept = weight, None
    def forward(self, x, other):
        self.kept = other
        return x
`,
  TiedLinear: `class TiedLinear(nn.Module):
    """A product with the table of an embedding, or with the kernel of another product turned around: the same numbers."""
    def __init__(self, source, units, bias=True):
        super().__init__()
        # In a list, so that they are no parameters of this module, too.
        self.source = [m for m in source.modules() if isinstance(m, (nn.Linear, nn.Embedding))][:1]
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None
    def forward(self, x):
        weight = self.source[0].weight
        return nn.functional.linear(x, weight if isinstance(self.source[0], nn.Embedding) else weight.t(), self.bias)
`,
  Expression: `class Expression(nn.Module):
    def __init__(self, f): super().__init__(); self.f = f
    def forward(self, x): return self.f(x)
`,
  Penalty: `class Penalty(nn.Module):
    """What it adds to the loss of the last batch is in \`added\`."""
    def __init__(self, function, weight): super().__init__(); self.function, self.weight, self.added = function, weight, 0.0
    def forward(self, x, mask=None):
        cost = self.function(x)
        if mask is not None: cost = torch.where(mask.reshape(*mask.shape, *[1] * (cost.dim() - 2)), cost, torch.zeros_like(cost))
        self.added = self.weight * cost.flatten(1).sum(1).mean()
        return x
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
  SelfAttention: `class SelfAttention(Attending):
    def __init__(self, features, heads, **more): super().__init__(features, features, features, heads, **more)
    def forward(self, x, mask=None): return self.attend(x, x, x, mask)
`,
  MultiHeadAttention: `class MultiHeadAttention(Attending):
    def forward(self, query, value, key=None, mask=None):
        return self.attend(query, value if key is None else key, value, mask)
`,
  Rotary: `class Rotary:
    def __init__(self, base, dimensions, interleaved):
        self.base, self.dimensions, self.interleaved = base, dimensions, interleaved
    def turn(self, x):
        n = self.dimensions or x.shape[-1]
        pair = torch.arange(n) // 2 if self.interleaved else torch.arange(n) % (n // 2)
        angle = torch.arange(x.shape[2])[:, None] * self.base ** (-2.0 * pair / n)
        a, rest = x[..., :n], x[..., n:]
        if self.interleaved: other = torch.stack([-a[..., 1::2], a[..., ::2]], -1).flatten(-2)
        else: other = torch.cat([-a[..., n // 2:], a[..., :n // 2]], -1)
        return torch.cat([a * angle.cos().to(x) + other * angle.sin().to(x), rest], -1)
`,
  Alibi: `class Alibi:
    def __init__(self, slopes): self.slopes = slopes
    def added(self, heads, queries, keys, causal):
        away = (torch.arange(queries)[:, None] - torch.arange(keys)).abs()
        return -torch.tensor(self.slopes)[:, None, None] * away
`,
  RelativeBias: `class RelativeBias(nn.Embedding):
    def __init__(self, buckets, heads, farthest): super().__init__(buckets, heads); self.farthest = farthest
    def added(self, heads, queries, keys, causal):
        away = torch.arange(keys) - torch.arange(queries)[:, None]
        own = self.num_embeddings // (1 if causal else 2)
        exact, size = own // 2, (-away).clamp(min=0) if causal else away.abs()
        share = (size.double() / exact).clamp(min=1).log() / torch.tensor(self.farthest / exact).double().log()
        bucket = torch.where(size < exact, size, (exact + (share * (own - exact) + 1e-6).long()).clamp(max=own - 1))
        bucket = bucket if causal else bucket + own * (away > 0)
        return self(bucket.to(self.weight.device)).permute(2, 0, 1)
`,
  WindowBias: `class WindowBias(nn.Embedding):
    def __init__(self, height, width, heads):
        super().__init__((2 * height - 1) * (2 * width - 1), heads); self.window = height, width
    def added(self, heads, queries, keys, causal):
        height, width = self.window
        place = torch.arange(height * width)
        row, column = (x[:, None] - x + n - 1 for x, n in ((place // width, height), (place % width, width)))
        return self((row * (2 * width - 1) + column).to(self.weight.device)).permute(2, 0, 1)
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

/** Names of what one of these classes is made with, which are those of its attributes; null where it is none of them. */
export function attributesOf(name: string): string[] | null {
  const text = torchClasses[name];
  if (text === undefined) return null;
  const given = /def __init__\(self, ([^)]*)/.exec(text)?.[1] ?? '';
  return given.split(',').map((argument) => (argument.split('=')[0] as string).trim());
}

/** Classes that this PyTorch code needs. */
export function torchHelpers(code: string): string[] {
  const classes = called(torchClasses, code);
  const calls = (name: string) => classes.some((text) => text.includes(name));
  return [
    ...(calls('aligned(') ? [ALIGNED] : []),
    ...(calls('(Attending)') ? [WEIGHTS, ATTENDING] : []),
    ...classes,
  ];
}

/** Functions that this training code needs. */
export const torchFunctionsOf = (code: string): string[] => called(torchFunctions, code);
