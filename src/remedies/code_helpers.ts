/** @file Python classes that the layers' code uses and that PyTorch and Keras lack. Only those that are used are sent. */

const torchClasses: Readonly<Record<string, string>> = {
  Expression: `class Expression(nn.Module):
    def __init__(self, f): super().__init__(); self.f = f
    def forward(self, x): return self.f(x)
`,
  GaussianNoise: `class GaussianNoise(nn.Module):
    def __init__(self, stddev): super().__init__(); self.stddev = stddev
    def forward(self, x): return x + self.stddev * torch.randn_like(x) if self.training else x
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
  Residual: `class Residual(keras.Layer):
    def __init__(self, body, projection=None):
        super().__init__(); self.body = keras.Sequential(body); self.projection = projection or layers.Identity()
    def call(self, x, training=None): return self.projection(x) + self.body(x, training=training)
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
export const torchHelpers = (code: string): string[] => used(torchClasses, code);
/** Classes that this Keras code needs. */
export const kerasHelpers = (code: string): string[] => used(kerasClasses, code);
