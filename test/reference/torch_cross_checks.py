"""The layers written by hand against PyTorch's own, on the very numbers of the fixtures."""

import math
import warnings

import torch
import torch.nn.functional as F

from torch_activations import activate
from torch_convolutions import pad_image, pair
from torch_layers import fitting_stride

# That it copies its input is no news.
warnings.filterwarnings("ignore", message="Using padding='same'")


RECURRENT = {"simple_rnn", "lstm", "gru"}


def check(network):
    """Raises AssertionError where a call of the last forward pass differs from PyTorch's, in value or in gradient."""
    for layer, x, y in network.calls:
        reference = REFERENCES.get(layer.options["type"])
        # PyTorch's own recurrent modules have no cell states of all time steps; those that begin with a state are checked
        # where the generated code runs.
        own = len(layer.options.get("inputs", [])) > 1 or layer.option("return_cell", False)
        theirs = None if own and layer.options["type"] in RECURRENT else reference(layer, x) if reference else None
        if theirs is None:
            continue
        assert torch.allclose(y, theirs, rtol=1e-10, atol=1e-12), f"{layer.name}: not what PyTorch computes"
        if x.requires_grad and theirs.requires_grad and y.isfinite().all():
            check_gradient(layer, x, y, theirs)


def check_gradient(layer, x, ours, theirs):
    direction = torch.cos(torch.arange(ours.numel(), dtype=ours.dtype)).reshape(ours.shape)
    pulled = [torch.autograd.grad(value, x, direction, retain_graph=True)[0] for value in (ours, theirs)]
    assert torch.allclose(*pulled, rtol=1e-9, atol=1e-12), f"{layer.name}: not PyTorch's gradient"


def parameter(layer, tensor):
    """An existing parameter, or None."""
    if layer.tied is not None and tensor == "kernel":
        theirs = parameter(layer.tied, "table")
        return (parameter(layer.tied, "kernel") if theirs is None else theirs).T
    return layer.network.parameters.get(f"{layer.owner}/{tensor}")


def activated(layer, y):
    return activate(layer, layer.option("activation", "linear"), y)


def dense(layer, x):
    return activated(layer, F.linear(x, parameter(layer, "kernel").T, parameter(layer, "bias")))


def conv2d(layer, x):
    stride, dilation = pair(layer.option("stride", 1)), pair(layer.option("dilation", 1))
    padded = pad_image(x, layer.option("padding", "valid"), pair(layer.options["kernel_size"]), stride, dilation)
    options = {"stride": stride, "dilation": dilation, "groups": layer.option("groups", 1)}
    y = F.conv2d(padded, parameter(layer, "kernel"), parameter(layer, "bias"), **options)
    if layer.option("padding", "valid") == "same" and stride == [1, 1]:
        options["stride"] = 1
        with_their_pads = F.conv2d(x, parameter(layer, "kernel"), parameter(layer, "bias"), padding="same", **options)
        assert torch.allclose(y, with_their_pads, rtol=1e-10, atol=1e-12), f"{layer.name}: padding"
    return activated(layer, y)


def conv1d(layer, x):
    stride, dilation = layer.option("stride", 1), layer.option("dilation", 1)
    options = {"stride": stride, "dilation": dilation, "groups": layer.option("groups", 1)}
    sequence = x.transpose(1, 2)
    padding = layer.option("padding", "valid")
    window = [1, layer.options["kernel_size"]]
    padding = padding if isinstance(padding, str) else [0, pair(padding)]
    sequence = pad_image(sequence.unsqueeze(2), padding, window, [1, stride], [1, dilation]).squeeze(2)
    y = F.conv1d(sequence, parameter(layer, "kernel"), parameter(layer, "bias"), **options)
    return activated(layer, y.transpose(1, 2))


def pooling(layer):
    size = pair(layer.options["pool_size"])
    return size, pair(layer.option("stride", size)), layer.option("padding", "valid")


def max_pool2d(layer, x):
    size, stride, padding = pooling(layer)
    return F.max_pool2d(pad_image(x, padding, size, stride, value=float("-inf")), size, stride)


def average_pool2d(layer, x):
    size, stride, padding = pooling(layer)
    # The share of a window that lies inside the image.
    inside = F.avg_pool2d(pad_image(torch.ones_like(x), padding, size, stride), size, stride)
    return F.avg_pool2d(pad_image(x, padding, size, stride), size, stride) / inside


def global_average_pool1d(layer, x):
    if layer.masks[0] is not None:
        return None
    return F.adaptive_avg_pool1d(x.transpose(1, 2), 1).squeeze(2)


def global_average_pool2d(_layer, x):
    return F.adaptive_avg_pool2d(x, 1).flatten(1)


def embedding(layer, tokens):
    return F.embedding(tokens, parameter(layer, "table"))


def batch_norm(layer, x):
    # Torch refuses a single value per feature, and knows of no masks.
    if layer.masks[0] is not None or x.numel() == x.shape[1 if x.dim() == 4 else -1]:
        return None
    channels_first = x.transpose(1, 2) if x.dim() in (3, 5) else x
    options = {"training": True, "eps": layer.option("epsilon", 1e-3)}
    y = F.batch_norm(channels_first, None, None, parameter(layer, "gamma"), parameter(layer, "beta"), **options)
    return y.transpose(1, 2) if x.dim() in (3, 5) else y


def layer_norm(layer, x):
    gamma, beta, epsilon = parameter(layer, "gamma"), parameter(layer, "beta"), layer.option("epsilon", 1e-3)
    if x.dim() == 4:
        return F.group_norm(x, 1, gamma, beta, epsilon)
    return F.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)


def residual(layer, x):
    """The projection alone is compared."""
    kernel = parameter(layer, "projection/kernel")
    if kernel is None or x.dim() != 4:
        return None
    body = layer.network.outputs[layer.body[-1].name]
    return F.conv2d(x, kernel, stride=fitting_stride(x.shape[2:], body.shape[2:])) + body


def load(module, weights):
    """`module` in float64 with the given weights, by name."""
    module = module.double()
    module.load_state_dict({name: value.detach() for name, value in weights.items()})
    return module


def recurrent(module, layer, x, order=None):
    """What torch's module gives of x; `order` puts our gates, in blocks, into its order."""
    kernel, recurrent_kernel, bias = (parameter(layer, name) for name in ("kernel", "recurrent_kernel", "bias"))
    if order:
        kernel, recurrent_kernel, bias = (reorder(value, order) for value in (kernel, recurrent_kernel, bias))
    weights = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent_kernel.T, "bias_ih_l0": bias}
    module = load(module, {**weights, "bias_hh_l0": torch.zeros_like(bias)})
    if layer.masks[0] is None:
        states, _ = module(x)
    elif not padded_behind(layer.masks[0]):
        return None
    else:
        states = repeating_last(packed_states(module, x, layer.masks[0]), layer.masks[0])
    return states if layer.option("return_sequences", False) else states[:, -1]


def padded_behind(mask):
    """Whether the steps that count come first, one at least, as packed sequences of PyTorch have them."""
    return bool((mask[:, 0]).all() and (mask[:, 1:] <= mask[:, :-1]).all())


def packed_states(module, x, mask):
    """Zeros at the padding."""
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, mask.sum(1), batch_first=True, enforce_sorted=False)
    return torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0], batch_first=True, total_length=x.shape[1])[0]


def repeating_last(states, mask):
    last = states[torch.arange(len(states)), mask.sum(1) - 1].unsqueeze(1)
    return torch.where(mask.unsqueeze(2), states, last)


def reorder(value, order):
    blocks = value.chunk(len(order), -1)
    return torch.cat([blocks[index] for index in order], -1)


def simple_rnn(layer, x):
    activation = layer.option("activation", "tanh")
    if activation not in ("tanh", "relu"):
        return None
    module = torch.nn.RNN(x.shape[2], layer.options["units"], nonlinearity=activation, batch_first=True)
    return recurrent(module, layer, x)


def standard(layer):
    return layer.option("activation", "tanh") == "tanh" and layer.option("recurrent_activation", "sigmoid") == "sigmoid"


def bidirectional(layer, x):
    """PyTorch's own bidirectional LSTM."""
    inner = layer.options["layer"]
    if inner["type"] != "lstm" or not inner.get("return_sequences") or layer.option("merge", "concatenate") != "concatenate":
        return None
    module = torch.nn.LSTM(x.shape[2], inner["units"], batch_first=True, bidirectional=True)
    weights = {}
    for direction, suffix in (("forward", ""), ("backward", "_reverse")):
        kernel, recurrent_kernel, bias = (parameter(layer, f"{direction}/{name}") for name in ("kernel", "recurrent_kernel", "bias"))
        weights |= {f"weight_ih_l0{suffix}": kernel.T, f"weight_hh_l0{suffix}": recurrent_kernel.T, f"bias_ih_l0{suffix}": bias}
        weights[f"bias_hh_l0{suffix}"] = torch.zeros_like(bias)
    module, mask = load(module, weights), layer.masks[0]
    if mask is None:
        return module(x)[0]
    if not padded_behind(mask):
        return None
    # At the padding the way back has not begun.
    ahead, behind = packed_states(module, x, mask).chunk(2, -1)
    return torch.cat([repeating_last(ahead, mask), behind], -1)


def lstm(layer, x):
    if not standard(layer):
        return None
    return recurrent(torch.nn.LSTM(x.shape[2], layer.options["units"], batch_first=True), layer, x)


def gru(layer, x):
    """PyTorch's resets after the recurrent product; else this is the formula again, number by number."""
    if not standard(layer) or layer.masks[0] is not None:
        return None
    if layer.option("reset_after", False):
        # Torch's order is reset, update, candidate.
        kernel, recurrent_kernel, bias, more = (
            reorder(parameter(layer, name), [1, 0, 2]) for name in ("kernel", "recurrent_kernel", "bias", "recurrent_bias")
        )
        weights = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent_kernel.T, "bias_ih_l0": bias, "bias_hh_l0": more}
        states, _ = load(theirs_gru(layer, x), weights)(x)
        return states if layer.option("return_sequences", False) else states[:, -1]
    weights = [parameter(layer, name).tolist() for name in ("kernel", "recurrent_kernel", "bias")]
    samples = []
    for sample in x.tolist():
        states = [[0.0] * layer.options["units"]]
        for x_t in sample:
            states.append(gru_step(x_t, states[-1], *weights))
        samples.append(states[1:])
    states = torch.tensor(samples, dtype=x.dtype)
    return states if layer.option("return_sequences", False) else states[:, -1]


def theirs_gru(layer, x):
    return torch.nn.GRU(x.shape[2], layer.options["units"], batch_first=True)


def gru_step(x, h, kernel, recurrent_kernel, bias):
    """The next state. Everything is a list of numbers, or a list of such rows."""
    units = len(h)

    def affine(gate, unit, state):
        column = gate * units + unit
        from_input = sum(value * row[column] for value, row in zip(x, kernel, strict=True))
        from_state = sum(value * row[column] for value, row in zip(state, recurrent_kernel, strict=True))
        return from_input + from_state + bias[column]

    z = [logistic(affine(0, unit, h)) for unit in range(units)]
    reset = [logistic(affine(1, unit, h)) * h[unit] for unit in range(units)]
    candidate = [math.tanh(affine(2, unit, reset)) for unit in range(units)]
    return [z[unit] * h[unit] + (1 - z[unit]) * candidate[unit] for unit in range(units)]


def logistic(x):
    return 1 / (1 + math.exp(-x))


def open_reset_gate_matches_torch():
    """With every reset gate open (a bias of 40 is exactly 1 after the sigmoid), PyTorch's GRU is the same as ours."""
    from torch_network import Network

    random = torch.Generator().manual_seed(0)

    def draw(name, shape):
        value = torch.randn(*shape, generator=random, dtype=torch.float64)
        if name.endswith("/bias"):
            value[4:8] = 40.0
        if name.endswith("kernel"):
            value[:, 4:8] = 0.0
        return value

    network = Network([{"type": "gru", "units": 4, "return_sequences": True}], draw)
    x = torch.randn(3, 5, 2, generator=random, dtype=torch.float64)
    ours = network.forward(x)
    # Torch's order is reset, update, candidate.
    theirs = recurrent(torch.nn.GRU(2, 4, batch_first=True), network.layers[0], x, order=[1, 0, 2])
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12), "gru: not PyTorch's with an open reset gate"


def wide_heads(layer, query, key, value):
    """PyTorch's heads share the features of the query: zeros beside the features make it as wide as all heads together."""
    features, heads = query.shape[2], layer.option("heads", 1)
    inner = heads * layer.options["key_dim"]
    if inner < features or any(mask is not None for mask in layer.masks) or layer.option("causal", False):
        return None
    padded = F.pad(query, (0, inner - features)).transpose(0, 1)
    weights = {name: parameter(layer, f"{name}/kernel").T for name in ("query", "key", "value", "output")}
    attended, _ = F.multi_head_attention_forward(
        padded, key.transpose(0, 1), value.transpose(0, 1), inner, heads, None,
        torch.cat([parameter(layer, f"{name}/bias") for name in ("query", "key", "value")]), None, None, False, 0.0,
        F.pad(weights["output"], (0, 0, 0, inner - features)),
        F.pad(parameter(layer, "output/bias"), (0, inner - features)), need_weights=False,
        use_separate_proj_weight=True, q_proj_weight=F.pad(weights["query"], (0, inner - features)),
        k_proj_weight=weights["key"], v_proj_weight=weights["value"],
    )
    return attended.transpose(0, 1)[..., :features]


NOT_IN_PYTORCH = {"positions", "scale", "key_value_heads"}


def self_attention(layer, x):
    if NOT_IN_PYTORCH & set(layer.options):
        return None
    if "key_dim" in layer.options:
        return wide_heads(layer, x, x, x)
    features, time = x.shape[2], x.shape[1]
    parts = ("query", "key", "value")
    weights = {
        "in_proj_weight": torch.cat([parameter(layer, f"{part}/kernel").T for part in parts]),
        "in_proj_bias": torch.cat([parameter(layer, f"{part}/bias") for part in parts]),
        "out_proj.weight": parameter(layer, "output/kernel").T,
        "out_proj.bias": parameter(layer, "output/bias"),
    }
    module = load(torch.nn.MultiheadAttention(features, layer.options["heads"], batch_first=True), weights)
    mask = torch.ones(time, time, dtype=torch.bool).triu(1) if layer.option("causal", False) else None
    hidden = layer.masks[0]
    if hidden is not None and not padded_behind(hidden):
        return None
    padding = None if hidden is None else ~hidden
    return module(x, x, x, attn_mask=mask, key_padding_mask=padding, need_weights=False)[0]


def positional_embedding(layer, x):
    if layer.option("kind", "learned") != "sinusoidal":
        return x + parameter(layer, "table")
    time, features = x.shape[1:]

    def angle(position, feature):
        return position / math.pow(10000, (feature - feature % 2) / features)

    rows = [
        [(math.cos if feature % 2 else math.sin)(angle(position, feature)) for feature in range(features)]
        for position in range(time)
    ]
    return x + torch.tensor(rows, dtype=x.dtype)


def multi_head_attention(layer, query):
    value, key = layer.taken[1], layer.taken[-1]
    if NOT_IN_PYTORCH & set(layer.options):
        return None
    if "key_dim" in layer.options:
        return wide_heads(layer, query, key, value)
    hidden = layer.masks[1]
    if len(layer.masks) == 3 and layer.masks[2] is not None or hidden is not None and not padded_behind(hidden):
        return None
    features, heads = query.shape[2], layer.option("heads", 1)
    weights = {name: parameter(layer, f"{name}/kernel").T for name in ("query", "key", "value", "output")}
    biases = [parameter(layer, f"{name}/bias") for name in ("query", "key", "value")]
    later = None
    if layer.option("causal", False):
        later = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool).triu(1)
    attended, _ = F.multi_head_attention_forward(
        *(x.transpose(0, 1) for x in (query, key, value)), features, heads, None,
        None if biases[0] is None else torch.cat(biases), None, None, False, 0.0,
        weights["output"], parameter(layer, "output/bias"), need_weights=False, attn_mask=later,
        key_padding_mask=None if hidden is None else ~hidden,
        use_separate_proj_weight=True, q_proj_weight=weights["query"], k_proj_weight=weights["key"],
        v_proj_weight=weights["value"],
    )
    return attended.transpose(0, 1)


REFERENCES = {
    reference.__name__: reference
    for reference in (
        multi_head_attention,
        dense,
        conv1d,
        conv2d,
        max_pool2d,
        average_pool2d,
        global_average_pool1d,
        global_average_pool2d,
        embedding,
        positional_embedding,
        batch_norm,
        layer_norm,
        residual,
        simple_rnn,
        lstm,
        gru,
        bidirectional,
        self_attention,
    )
}
