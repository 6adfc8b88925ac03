"""Keras models with weights, inputs and outputs, the outputs by NumPy loops in float64 as Keras' documentation defines its
layers: channels last, LSTM gates i f c o, GRU gates z r h, batch norm epsilon 1e-3, hard sigmoid by version.

/usr/bin/python3 test/imports/generate_keras_fixtures.py
"""
import json
import math
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "fixtures"
rng = np.random.default_rng(20)


def draw(*shape, scale=0.5):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "elu": lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    "swish": lambda x: x * sigmoid(x),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "gelu": lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
}


def pad_same(size, window, stride, dilation=1):
    total = max(0, (math.ceil(size / stride) - 1) * stride + dilation * (window - 1) + 1 - size)
    return total // 2, total - total // 2


def conv2d(x, kernel, bias, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    """x [n, h, w, c], kernel [kh, kw, c / groups, filters]"""
    kh, kw, inner, filters = kernel.shape
    pads = [
        pad_same(x.shape[axis + 1], (kh, kw)[axis], strides[axis], dilation[axis]) if padding == "same" else (0, 0)
        for axis in (0, 1)
    ]
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    height = (x.shape[1] - dilation[0] * (kh - 1) - 1) // strides[0] + 1
    width = (x.shape[2] - dilation[1] * (kw - 1) - 1) // strides[1] + 1
    out = np.zeros((x.shape[0], height, width, filters))
    per = filters // groups
    for i in range(height):
        for j in range(width):
            for f in range(filters):
                group = f // per
                for a in range(kh):
                    for b in range(kw):
                        pixel = x[:, i * strides[0] + a * dilation[0], j * strides[1] + b * dilation[1]]
                        out[:, i, j, f] += pixel[:, group * inner : (group + 1) * inner] @ kernel[a, b, :, f]
    return out + bias


def conv1d(x, kernel, bias, stride=1, padding="valid", dilation=1):
    if padding == "causal":
        x = np.pad(x, [(0, 0), (dilation * (kernel.shape[0] - 1), 0), (0, 0)])
        padding = "valid"
    return conv2d(x[:, :, None], kernel[:, None], bias, (stride, 1), padding, (dilation, 1))[:, :, 0]


def depthwise(x, kernel, bias, strides=(1, 1), padding="valid"):
    """kernel [kh, kw, c, multiplier] → channels c · multiplier + m"""
    kh, kw, channels, multiplier = kernel.shape
    wide = np.zeros((kh, kw, 1, channels * multiplier))
    for c in range(channels):
        for m in range(multiplier):
            wide[:, :, 0, c * multiplier + m] = kernel[:, :, c, m]
    return conv2d(x, wide, bias, strides, padding, groups=channels)


def conv2d_transpose(x, kernel, bias, strides, padding):
    """The gradient of conv2d with respect to its input; kernel [kh, kw, filters, c]"""
    kh, kw, filters, _ = kernel.shape
    n, height, width, _ = x.shape
    full = np.zeros((n, (height - 1) * strides[0] + kh, (width - 1) * strides[1] + kw, filters))
    for i in range(height):
        for j in range(width):
            for a in range(kh):
                for b in range(kw):
                    full[:, i * strides[0] + a, j * strides[1] + b] += x[:, i, j] @ kernel[a, b].T
    if padding == "valid":
        return full + bias
    size = [height * strides[0], width * strides[1]]
    before = [pad_same(size[axis], (kh, kw)[axis], strides[axis])[0] for axis in (0, 1)]
    return full[:, before[0] : before[0] + size[0], before[1] : before[1] + size[1]] + bias


def pool2d(x, size, strides, padding, reduce):
    pads = [pad_same(x.shape[axis + 1], size[axis], strides[axis]) if padding == "same" else (0, 0) for axis in (0, 1)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
    height = (x.shape[1] - size[0]) // strides[0] + 1
    width = (x.shape[2] - size[1]) // strides[1] + 1
    out = np.zeros((x.shape[0], height, width, x.shape[3]))
    for i in range(height):
        for j in range(width):
            rows, columns = i * strides[0], j * strides[1]
            out[:, i, j] = reduce(x[:, rows : rows + size[0], columns : columns + size[1]], axis=(1, 2))
    return out


def batch_norm(x, gamma, beta, mean, variance, epsilon=1e-3):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def layer_norm(x, gamma, beta, epsilon=1e-3):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def simple_rnn(x, kernel, recurrent, bias, activation=np.tanh):
    h, out = np.zeros((x.shape[0], recurrent.shape[0])), []
    for t in range(x.shape[1]):
        h = activation(x[:, t] @ kernel + bias + h @ recurrent)
        out.append(h)
    return np.stack(out, 1)


def lstm(x, kernel, recurrent, bias, gate=sigmoid):
    zeros = np.zeros((x.shape[0], recurrent.shape[0]))
    return lstm_from(x, zeros, zeros, kernel, recurrent, bias, gate)[0]


def lstm_from(x, h, c, kernel, recurrent, bias, gate=sigmoid):
    """h of every time step, and the last h and c"""
    out = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + bias + h @ recurrent, 4, -1)
        c = gate(f) * c + gate(i) * np.tanh(g)
        h = gate(o) * np.tanh(c)
        out.append(h)
    return np.stack(out, 1), h, c


def gru(x, kernel, recurrent, bias, reset_after, h=None, activation=np.tanh):
    units = recurrent.shape[0]
    first, second = (bias[0], bias[1]) if reset_after else (bias, np.zeros(3 * units))
    h, out = np.zeros((x.shape[0], units)) if h is None else h, []
    for t in range(x.shape[1]):
        xz, xr, xh = np.split(x[:, t] @ kernel + first, 3, -1)
        rz, rr, rh = np.split(h @ recurrent + second, 3, -1)
        z, r = sigmoid(xz + rz), sigmoid(xr + rr)
        candidate = activation(xh + r * rh if reset_after else xh + (r * h) @ recurrent[:, 2 * units :])
        h = z * h + (1 - z) * candidate
        out.append(h)
    return np.stack(out, 1)


class Model:
    """Layers one after another: what the file says of them, their weights, and what they give."""

    def __init__(self, shape, samples=3):
        self.shape = shape
        self.input = draw(samples, *shape, scale=1.0)
        self.x = self.input.astype(np.float64)
        self.layers = []

    def add(self, kind, apply, weights=(), **options):
        name = f"{kind.lower()}_{len(self.layers)}"
        self.layers.append({"kind": kind, "name": name, "options": options, "weights": [packed(w) for w in weights]})
        self.x = apply(self.x, *[w.astype(np.float64) for w in weights])
        return self

    def dense(self, units, activation="linear"):
        weights = (draw(self.x.shape[-1], units), draw(units))
        return self.add("Dense", lambda x, k, b: ACTIVATIONS[activation](x @ k + b), weights, units=units, activation=activation)

    def conv2d(self, filters, size, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1, activation="relu"):
        weights = (draw(*size, self.x.shape[-1] // groups, filters), draw(filters))
        return self.add(
            "Conv2D",
            lambda x, k, b: ACTIVATIONS[activation](conv2d(x, k, b, strides, padding, dilation, groups)),
            weights,
            filters=filters, kernel_size=list(size), strides=list(strides), padding=padding, dilation_rate=list(dilation),
            groups=groups, activation=activation, use_bias=True, data_format="channels_last",
        )

    def flatten(self):
        return self.add("Flatten", lambda x: x.reshape(len(x), -1), data_format="channels_last")

    def batch_norm(self, axis=-1):
        features = self.x.shape[-1]
        weights = (draw(features), draw(features), draw(features), np.abs(draw(features)) + 0.5)
        return self.add("BatchNormalization", batch_norm, weights, axis=axis, momentum=0.99, epsilon=0.001, center=True, scale=True)

    def write(self, name):
        content = {"shape": list(self.shape), "layers": self.layers, "input": packed(self.input), "output": packed(self.x)}
        (FOLDER / f"keras_{name}.json").write_text(json.dumps(content) + "\n")


def packed(array):
    return {"shape": list(array.shape), "data": [float(f"{value:.9g}") for value in np.asarray(array, np.float64).ravel()]}


def last(sequence):
    return sequence[:, -1]


mlp = Model((7,))
for activation in ("relu", "tanh", "elu", "swish", "leaky_relu", "gelu"):
    mlp.dense(6, activation)
mlp.add("LayerNormalization", layer_norm, (draw(6), draw(6)), axis=-1, epsilon=0.001, center=True, scale=True)
mlp.batch_norm()
mlp.add("LeakyReLU", lambda x: np.where(x > 0, x, 0.3 * x), alpha=0.3)
mlp.add("ReLU", lambda x: np.where(x >= 2, 2, np.where(x > 0.1, x, 0.2 * (x - 0.1))), max_value=2.0, negative_slope=0.2, threshold=0.1)
mlp.add("PReLU", lambda x, a: np.where(x > 0, x, a * x), (draw(6),), alpha_initializer={"class_name": "Zeros", "config": {}}, shared_axes=None)
mlp.add("Rescaling", lambda x: x * 0.5 + 0.25, scale=0.5, offset=0.25)
mlp.dense(4, "softmax").write("dense")

cnn = Model((9, 8, 3)).conv2d(4, (3, 2), padding="same").batch_norm(axis=3)
cnn.add("MaxPooling2D", lambda x: pool2d(x, (2, 2), (2, 2), "same", np.nanmax), pool_size=[2, 2], strides=[2, 2], padding="same", data_format="channels_last")
cnn.conv2d(6, (2, 3), strides=(2, 1), padding="same", groups=2, activation="tanh")
cnn.add("AveragePooling2D", lambda x: pool2d(x, (2, 2), (1, 1), "same", np.nanmean), pool_size=[2, 2], strides=[1, 1], padding="same", data_format="channels_last")
cnn.add("Dropout", lambda x: x, rate=0.5, noise_shape=None, seed=None)
cnn.dense(5, "softmax")
cnn.flatten().dense(3, "softmax").write("convolutions")

more = Model((6, 5, 2))
more.add("ZeroPadding2D", lambda x: np.pad(x, [(0, 0), (1, 0), (2, 1), (0, 0)]), padding=[[1, 0], [2, 1]], data_format="channels_last")
more.add("DepthwiseConv2D", lambda x, k, b: depthwise(x, k, b, (1, 1), "same"), (draw(3, 3, 2, 2), draw(4)),
         kernel_size=[3, 3], strides=[1, 1], padding="same", depth_multiplier=2, activation="linear", use_bias=True, data_format="channels_last")
more.add("SeparableConv2D", lambda x, d, p, b: conv2d(depthwise(x, d, 0, (2, 2), "same"), p, b), (draw(3, 3, 4, 2), draw(1, 1, 8, 3), draw(3)),
         filters=3, kernel_size=[3, 3], strides=[2, 2], padding="same", depth_multiplier=2, activation="linear", use_bias=True, data_format="channels_last")
more.add("Conv2DTranspose", lambda x, k, b: np.maximum(conv2d_transpose(x, k, b, (2, 2), "same"), 0), (draw(3, 3, 4, 3), draw(4)),
         filters=4, kernel_size=[3, 3], strides=[2, 2], padding="same", output_padding=None, activation="relu", use_bias=True, data_format="channels_last")
more.add("Conv2DTranspose", lambda x, k, b: conv2d_transpose(x, k, b, (1, 2), "valid"), (draw(2, 3, 2, 4), draw(2)),
         filters=2, kernel_size=[2, 3], strides=[1, 2], padding="valid", output_padding=None, activation="linear", use_bias=True, data_format="channels_last")
more.add("UpSampling2D", lambda x: x.repeat(2, 1).repeat(3, 2), size=[2, 3], interpolation="nearest", data_format="channels_last")
more.add("Permute", lambda x: x.transpose(0, 2, 3, 1), dims=[2, 3, 1])
shape = more.x.shape
more.add("Reshape", lambda x: x.reshape(len(x), 12, -1), target_shape=[12, -1])
more.add("GlobalMaxPooling1D", lambda x: x.max(1), data_format="channels_last", keepdims=False)
more.dense(3).write("images")

pooled = Model((6, 6, 2)).conv2d(3, (3, 3), dilation=(2, 2))
pooled.add("GlobalAveragePooling2D", lambda x: x.mean((1, 2), keepdims=True), data_format="channels_last", keepdims=True)
pooled.conv2d(4, (1, 1), activation="linear").flatten()
pooled.add("RepeatVector", lambda x: np.repeat(x[:, None], 3, 1), n=3)
pooled.add("Permute", lambda x: x.transpose(0, 2, 1), dims=[2, 1])
pooled.flatten().dense(2).write("pooled")

first = Model((3, 6, 5))
first.add("Conv2D", lambda x, k, b: conv2d(x.transpose(0, 2, 3, 1), k, b).transpose(0, 3, 1, 2), (draw(3, 3, 3, 4), draw(4)),
          filters=4, kernel_size=[3, 3], strides=[1, 1], padding="valid", activation="linear", use_bias=True, data_format="channels_first")
first.add("BatchNormalization", lambda x, *w: batch_norm(x.transpose(0, 2, 3, 1), *w).transpose(0, 3, 1, 2),
          (draw(4), draw(4), draw(4), np.abs(draw(4)) + 0.5), axis=1, momentum=0.9, epsilon=0.01 - 0.009, center=True, scale=True)
first.add("Flatten", lambda x: x.transpose(0, 2, 3, 1).reshape(len(x), -1), data_format="channels_first")
first.dense(3).write("channels_first")

steps = Model((9, 3))
steps.add("Conv1D", lambda x, k, b: np.maximum(conv1d(x, k, b, dilation=2, padding="causal"), 0), (draw(3, 3, 5), draw(5)),
          filters=5, kernel_size=[3], strides=[1], padding="causal", dilation_rate=[2], groups=1, activation="relu", use_bias=True, data_format="channels_last")
steps.add("MaxPooling1D", lambda x: pool2d(x[:, :, None], (2, 1), (2, 1), "valid", np.nanmax)[:, :, 0], pool_size=[2], strides=[2], padding="valid", data_format="channels_last")
steps.add("Conv1D", lambda x, k, b: conv1d(x, k, b, stride=2, padding="same"), (draw(3, 5, 4), draw(4)),
          filters=4, kernel_size=[3], strides=[2], padding="same", dilation_rate=[1], groups=1, activation="linear", use_bias=True, data_format="channels_last")
steps.batch_norm()
steps.flatten().dense(2).write("conv1d")

recurrent = Model((6, 3))
recurrent.add("LSTM", lstm, (draw(3, 16), draw(4, 16), draw(16)), units=4, activation="tanh", recurrent_activation="sigmoid",
              use_bias=True, return_sequences=True, unit_forget_bias=True, implementation=2)
recurrent.add("TimeDistributed", lambda x, k, b: np.tanh(x @ k + b), (draw(4, 5), draw(5)),
              layer={"class_name": "Dense", "config": {"name": "inner", "units": 5, "activation": "tanh", "use_bias": True}})
recurrent.add("GRU", lambda x, k, r, b: gru(x, k, r, b, False), (draw(5, 9), draw(3, 9), draw(9)), units=3, activation="tanh",
              recurrent_activation="sigmoid", use_bias=True, return_sequences=True, reset_after=False)
recurrent.add("SimpleRNN", lambda x, k, r, b: last(simple_rnn(x, k, r, b, ACTIVATIONS["relu"])), (draw(3, 4), draw(4, 4), draw(4)),
              units=4, activation="relu", use_bias=True, return_sequences=False)
recurrent.dense(2).write("recurrent")

resetting = Model((5, 3))
resetting.add("GRU", lambda x, k, r, b: last(gru(x, k, r, b, True)), (draw(3, 12), draw(4, 12), draw(2, 12)), units=4,
              activation="tanh", recurrent_activation="sigmoid", use_bias=True, return_sequences=False, reset_after=True)
resetting.dense(2).write("gru_reset_after")

both = Model((5, 3))
weights = [draw(3, 8), draw(2, 8), draw(8), draw(3, 8), draw(2, 8), draw(8)]
both.add("Bidirectional", lambda x, *w: np.concatenate([lstm(x, *w[:3]), lstm(x[:, ::-1], *w[3:])[:, ::-1]], -1), weights, merge_mode="concat",
         layer={"class_name": "LSTM", "config": {"name": "inner", "units": 2, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": True}})
weights = [draw(4, 9), draw(3, 9), draw(9), draw(4, 9), draw(3, 9), draw(9)]
both.add("Bidirectional", lambda x, *w: last(gru(x, *w[:3], False)) + last(gru(x[:, ::-1], *w[3:], False)), weights, merge_mode="sum",
         layer={"class_name": "GRU", "config": {"name": "inner", "units": 3, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": False, "reset_after": False}})
both.dense(2).write("bidirectional")


class Graph:
    """A Functional model: every layer with the names of those that it is called on."""

    def __init__(self, inputs, samples=3):
        self.inputs = {name: draw(samples, *shape, scale=1.0) for name, shape in inputs.items()}
        self.values = {name: array.astype(np.float64) for name, array in self.inputs.items()}
        self.layers = []

    def add(self, kind, name, inputs, apply, weights=(), keywords=None, **options):
        called = {} if keywords is None else {"keywords": keywords}
        self.layers.append({"kind": kind, "name": name, "options": options, "inputs": inputs, **called, "weights": [packed(w) for w in weights]})
        self.values[name] = apply(*[self.values[one] for one in inputs], *[w.astype(np.float64) for w in weights])

    def write(self, name, output):
        content = {
            "inputs": [{"name": one, **packed(array)} for one, array in self.inputs.items()],
            "layers": self.layers,
            "output": packed(self.values[output]),
        }
        (FOLDER / f"keras_{name}.json").write_text(json.dumps(content) + "\n")


def convolved(graph, name, source, filters, size=3):
    channels = graph.values[source].shape[-1]
    graph.add("Conv2D", name, [source], lambda x, k, b: np.maximum(conv2d(x, k, b, padding="same"), 0), (draw(size, size, channels, filters), draw(filters)),
              filters=filters, kernel_size=[size, size], strides=[1, 1], padding="same", activation="relu", use_bias=True, data_format="channels_last")


def densely(graph, name, source, units, activation):
    weights = (draw(graph.values[source].shape[-1], units), draw(units))
    graph.add("Dense", name, [source], lambda x, k, b: ACTIVATIONS[activation](x @ k + b), weights, units=units, activation=activation)


graph = Graph({"meta": (3,), "image": (6, 5, 3)})
convolved(graph, "stem/conv", "image", 4)
convolved(graph, "branch", "stem/conv", 4)
graph.add("GlobalAveragePooling2D", "squeeze", ["branch"], lambda x: x.mean((1, 2)), data_format="channels_last", keepdims=False)
densely(graph, "excite", "squeeze", 4, "sigmoid")
graph.add("Multiply", "gate", ["branch", "excite"], lambda x, s: x * s[:, None, None])
graph.add("Add", "sum", ["stem/conv", "gate"], lambda a, b: a + b)
convolved(graph, "point", "image", 2, 1)
graph.add("Concatenate", "beside", ["sum", "point"], lambda a, b: np.concatenate([a, b], -1), axis=-1)
graph.add("Concatenate", "below", ["beside", "beside"], lambda a, b: np.concatenate([a, b], 1), axis=1)
graph.add("Flatten", "flatten", ["below"], lambda x: x.reshape(len(x), -1), data_format="channels_last")
densely(graph, "deep", "flatten", 3, "tanh")
densely(graph, "wide", "meta", 3, "linear")
graph.add("Average", "mean", ["deep", "wide"], lambda a, b: (a + b) / 2)
graph.add("Maximum", "most", ["mean", "wide"], np.maximum)
graph.add("Subtract", "less", ["most", "deep"], lambda a, b: a - b)
graph.add("Concatenate", "joined", ["less", "meta"], lambda a, b: np.concatenate([a, b], -1), axis=-1)
densely(graph, "logits", "joined", 2, "softmax")
graph.write("functional", "logits")


def attention(query, value, key, weights, causal):
    """Kernels [in, heads, size], of the output [heads, size, out]; a loop over the heads."""
    wq, bq, wk, bk, wv, bv, wo, bo = weights
    out = np.zeros((*query.shape[:2], wo.shape[-1])) + bo
    for head in range(wq.shape[1]):
        q, k, v = (x @ w[:, head] + b[head] for x, w, b in ((query, wq, bq), (key, wk, bk), (value, wv, bv)))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(wq.shape[2])
        if causal:
            scores = np.where(np.tril(np.ones(scores.shape[1:])) > 0, scores, -np.inf)
        out += softmax(scores) @ v @ wo[head]
    return out


def attending(graph, name, inputs, heads, causal=False, size=None):
    query, value, key = [graph.values[one].shape[-1] for one in (inputs + inputs[-1:])[:3]]
    size = size or query // heads
    weights = [array for width in (query, key, value) for array in (draw(width, heads, size), draw(heads, size))]
    weights += [draw(heads, size, query), draw(query)]
    apply = lambda *given: attention(given[0], given[1], given[len(inputs) - 1], given[len(inputs):], causal)
    graph.add("MultiHeadAttention", name, inputs, apply, weights, keywords={"use_causal_mask": True} if causal else {},
              num_heads=heads, key_dim=size, value_dim=size, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None)


sequences = Graph({"words": (5, 6), "memory": (4, 3), "marks": (4, 2)})
attending(sequences, "itself", ["words", "words"], 3, causal=True)
attending(sequences, "other", ["itself", "memory"], 2)
attending(sequences, "keyed", ["other", "memory", "marks"], 2)
sequences.add("Flatten", "flatten", ["keyed"], lambda x: x.reshape(len(x), -1), data_format="channels_last")
densely(sequences, "logits", "flatten", 2, "linear")
sequences.write("attention", "logits")


def coded(graph, kind, name, sequence, units, *states, **options):
    """A recurrent layer with `return_state`: its further outputs are called name:1 (h) and name:2 (c)."""
    gates = {"LSTM": 4, "GRU": 3}[kind]
    features = graph.values[sequence].shape[-1]
    weights = (draw(features, gates * units), draw(units, gates * units), draw(*(() if kind == "LSTM" else (2,)), gates * units))

    def apply(x, *given):
        before, own = given[: len(states)], given[len(states) :]
        zeros = np.zeros((len(x), units))
        if kind == "LSTM":
            y, h, c = lstm_from(x, *(before or (zeros, zeros)), *own)
            graph.values[f"{name}:2"] = c
        else:
            y = gru(x, *own, True, *before)
            h = y[:, -1]
        graph.values[f"{name}:1"] = h
        return y if options.get("return_sequences") else h

    graph.add(kind, name, [sequence, *states], apply, weights, units=units, activation="tanh", recurrent_activation="sigmoid",
              use_bias=True, return_state=True, **({"reset_after": True} if kind == "GRU" else {}), **options)


translated = Graph({"source": (4, 3), "target": (5, 2)})
coded(translated, "LSTM", "encoder", "source", 3, return_sequences=True)
coded(translated, "LSTM", "decoder", "target", 3, "encoder:1", "encoder:2", return_sequences=True)
coded(translated, "GRU", "summary", "encoder", 3)
coded(translated, "GRU", "second", "decoder", 3, "summary:1", return_sequences=True)
coded(translated, "LSTM", "crossed", "second", 3, "encoder:2", "summary:1")
densely(translated, "logits", "crossed", 2, "linear")
translated.write("encoder_decoder", "logits")


# Drawn last, so that the others keep their numbers.
wide = Graph({"words": (5, 6), "memory": (4, 3), "marks": (4, 2)})
attending(wide, "itself", ["words", "words"], 2, causal=True, size=6)
attending(wide, "keyed", ["itself", "memory", "marks"], 2, size=2)
wide.add("Flatten", "flatten", ["keyed"], lambda x: x.reshape(len(x), -1), data_format="channels_last")
densely(wide, "logits", "flatten", 2, "linear")
wide.write("attention_wide", "logits")


def conv3d(x, kernel, bias, strides, padding):
    """x [n, t, h, w, c], kernel [kt, kh, kw, c, filters]: the sum over its planes of time."""
    length = kernel.shape[0]
    before, after = pad_same(x.shape[1], length, strides[0]) if padding == "same" else (0, 0)
    x = np.pad(x, [(0, 0), (before, after), (0, 0), (0, 0), (0, 0)])
    steps = (x.shape[1] - length) // strides[0] + 1
    plane = lambda t, a: conv2d(x[:, t * strides[0] + a], kernel[a], 0, strides[1:], padding)
    return np.stack([sum(plane(t, a) for a in range(length)) for t in range(steps)], 1) + bias


def pool3d(x, size, reduce):
    n, t, h, w, c = x.shape
    cut = x[:, : t // size[0] * size[0], : h // size[1] * size[1], : w // size[2] * size[2]]
    apart = cut.reshape(n, t // size[0], size[0], h // size[1], size[1], w // size[2], size[2], c)
    return reduce(apart, axis=(2, 4, 6))


volumes = Model((4, 5, 6, 2))
volumes.add("Conv3D", lambda x, k, b: np.maximum(conv3d(x, k, b, (1, 2, 1), "same"), 0), (draw(3, 2, 3, 2, 4), draw(4)), filters=4,
            kernel_size=[3, 2, 3], strides=[1, 2, 1], padding="same", activation="relu", use_bias=True, data_format="channels_last")
volumes.batch_norm(axis=4)
volumes.add("MaxPooling3D", lambda x: pool3d(x, (2, 1, 2), np.max), pool_size=[2, 1, 2], strides=[2, 1, 2], padding="valid", data_format="channels_last")
volumes.add("Conv3D", lambda x, k, b: conv3d(x, k, b, (1, 1, 1), "valid"), (draw(1, 2, 2, 4, 3), draw(3)), filters=3,
            kernel_size=[1, 2, 2], strides=[1, 1, 1], padding="valid", activation="linear", use_bias=True, data_format="channels_last")
volumes.add("AveragePooling3D", lambda x: pool3d(x, (2, 2, 1), np.mean), pool_size=[2, 2, 1], strides=[2, 2, 1], padding="valid", data_format="channels_last")
volumes.dense(3, "tanh")
volumes.add("GlobalAveragePooling3D", lambda x: x.mean((1, 2, 3)), data_format="channels_last", keepdims=False)
volumes.dense(2).write("volumes")


def grouped(graph, name, inputs, heads, shared, size, causal):
    """As `attending`; each head of keys and values serves neighbouring heads of queries."""
    query, value = [graph.values[one].shape[-1] for one in inputs]
    weights = [array for width, own in ((query, heads), (value, shared), (value, shared)) for array in (draw(width, own, size), draw(own, size))]
    weights += [draw(heads, size, query), draw(query)]

    def apply(x, y, *given):
        wide = [np.repeat(w, heads // shared, w.ndim - 2) if 2 <= i < 6 else w for i, w in enumerate(given)]
        return attention(x, y, y, wide, causal)

    graph.add("GroupQueryAttention", name, inputs, apply, weights, keywords={"use_causal_mask": True} if causal else {},
              head_dim=size, num_query_heads=heads, num_key_value_heads=shared, dropout=0.0, use_bias=True, flash_attention=None)


shared = Graph({"words": (5, 6), "memory": (4, 3)})
grouped(shared, "itself", ["words", "words"], 6, 2, 2, causal=True)
grouped(shared, "other", ["itself", "memory"], 2, 1, 3, causal=False)
shared.add("Flatten", "flatten", ["other"], lambda x: x.reshape(len(x), -1), data_format="channels_last")
densely(shared, "logits", "flatten", 2, "linear")
shared.write("attention_shared", "logits")


def directed(graph, kind, name, sequence, units, *states, merge="concat", sequences=False, ends=False, behind=None):
    """Bidirectional around a recurrent layer; with `ends` the states of both directions are name:1, name:2, …, forward first."""
    gates, count = {"LSTM": (4, 2), "GRU": (3, 1)}[kind]
    features = graph.values[sequence].shape[-1]
    weights = [array for _ in range(2) for array in (draw(features, gates * units), draw(units, gates * units), draw(gates * units))]

    def one(x, before, own, activation):
        zeros = [np.zeros((len(x), units))] * count
        if kind == "LSTM":
            return lstm_from(x, *(before or zeros), *own)
        y = gru(x, *own, False, *before, activation=activation)
        return y, y[:, -1]

    def apply(x, *given):
        before, own = given[: len(states)], given[len(states) :]
        half = len(before) // 2
        y, *ahead = one(x, before[:half], own[:3], np.tanh)
        z, *back = one(x[:, ::-1], before[half:], own[3:], ACTIVATIONS[behind or "tanh"])
        for i, state in enumerate([*ahead, *back], 1 if merge else 2):
            graph.values[f"{name}:{i}"] = state
        y, z = (y, z[:, ::-1]) if sequences else (y[:, -1], z[:, -1])
        if merge is None:
            graph.values[f"{name}:1"] = z
            return y
        return np.concatenate([y, z], -1) if merge == "concat" else y + z

    inner = {"name": "inner", "units": units, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True,
             "return_sequences": sequences, "return_state": ends, **({"reset_after": False} if kind == "GRU" else {})}
    other = {} if behind is None else {"backward_layer": {"class_name": kind, "config": {**inner, "name": "other", "activation": behind, "go_backwards": True}}}
    graph.add("Bidirectional", name, [sequence, *states], apply, weights, merge_mode=merge, layer={"class_name": kind, "config": inner}, **other)


ways = Graph({"source": (4, 3), "target": (5, 2)})
directed(ways, "LSTM", "encoder", "source", 3, sequences=True, ends=True)
directed(ways, "LSTM", "decoder", "target", 3, "encoder:1", "encoder:2", "encoder:3", "encoder:4", merge="sum", sequences=True)
directed(ways, "GRU", "apart", "encoder", 2, merge=None)
directed(ways, "GRU", "unlike", "decoder", 2, behind="relu")
ways.add("Concatenate", "ends", ["encoder:1", "encoder:3", "encoder:4"], lambda *given: np.concatenate(given, -1), axis=-1)
ways.add("GRU", "against", ["encoder"], lambda x, k, r, b: gru(x[:, ::-1], k, r, b, False), (draw(6, 6), draw(2, 6), draw(6)), units=2, activation="tanh",
         recurrent_activation="sigmoid", use_bias=True, return_sequences=True, reset_after=False, go_backwards=True)
ways.add("Flatten", "flat", ["against"], lambda x: x.reshape(len(x), -1), data_format="channels_last")
ways.add("Concatenate", "joined", ["apart", "apart:1", "unlike", "ends", "flat"], lambda *given: np.concatenate(given, -1), axis=-1)
densely(ways, "logits", "joined", 2, "linear")
ways.write("directions", "logits")
