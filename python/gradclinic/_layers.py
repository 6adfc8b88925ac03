"""What modules of PyTorch are called in GradClinic, and which numbers of an activation mean dead or saturated."""
from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from torch import nn

# Subclasses count as what they descend from; the first that fits.
_TYPES: List[Tuple[type, str]] = [
    (nn.Linear, "dense"),
    (nn.Bilinear, "dense"),
    (nn.ConvTranspose1d, "conv1d_transpose"),
    (nn.ConvTranspose2d, "conv2d_transpose"),
    (nn.Conv1d, "conv1d"),
    (nn.Conv2d, "conv2d"),
    (nn.Embedding, "embedding"),
    (nn.EmbeddingBag, "embedding"),
    (nn.LSTM, "lstm"),
    (nn.LSTMCell, "lstm"),
    (nn.GRU, "gru"),
    (nn.GRUCell, "gru"),
    (nn.RNNBase, "simple_rnn"),
    (nn.RNNCell, "simple_rnn"),
    (nn.modules.instancenorm._InstanceNorm, "instance_norm"),
    (nn.modules.batchnorm._BatchNorm, "batch_norm"),
    (nn.LayerNorm, "layer_norm"),
    (nn.GroupNorm, "group_norm"),
    (nn.MultiheadAttention, "self_attention"),
    (nn.PReLU, "activation"),
]

#: Functions of torch, torch.nn.functional and Tensor, by name, and what they are called here.
ACTIVATIONS: Dict[str, str] = {
    "relu": "relu", "relu_": "relu", "threshold": "relu", "relu6": "relu6",
    "leaky_relu": "leaky_relu", "leaky_relu_": "leaky_relu", "rrelu": "leaky_relu", "prelu": "prelu",
    "elu": "elu", "elu_": "elu", "celu": "celu", "celu_": "celu", "selu": "selu", "selu_": "selu",
    "gelu": "gelu", "silu": "silu", "mish": "mish", "softplus": "softplus", "softsign": "softsign",
    "sigmoid": "sigmoid", "sigmoid_": "sigmoid", "tanh": "tanh", "tanh_": "tanh",
    "hardsigmoid": "hard_sigmoid", "hardtanh": "hard_tanh", "hardtanh_": "hard_tanh", "hardswish": "hard_swish",
    "softmax": "softmax",
}  # fmt: skip

#: Activations whose output and slope are both exactly 0 somewhere.
DEAD = frozenset(["relu", "relu6"])

#: Outputs at or beyond these have a slope below 4 % of the largest one: s(1-s) = 0.01, 1-t^2 = 0.04, (1-|y|)^2 = 0.04.
SATURATED: Dict[str, Tuple[float, float]] = {
    "sigmoid": (0.010102, 0.989898),
    "tanh": (-0.979796, 0.979796),
    "softsign": (-0.8, 0.8),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
}

_CHANNELS_FIRST = ("conv", "batch_norm", "instance_norm", "group_norm")


def type_of(module: nn.Module) -> str:
    """The service's word for a module; of one that it does not know, the name of its class in small letters."""
    for kind, name in _TYPES:
        if isinstance(module, kind):
            return name
    return type(module).__name__.lower()[:64]


def channels_first(kind: str) -> bool:
    return kind.startswith(_CHANNELS_FIRST)


def _recurrent(name: str) -> Optional[str]:
    """weight_ih_l0 -> kernel, weight_hh_l1_reverse -> l1_reverse/recurrent_kernel."""
    head, _, place = name.partition("_l")
    words = {"weight_ih": "kernel", "weight_hh": "recurrent_kernel", "bias_ih": "bias", "bias_hh": "recurrent_bias",
             "weight_hr": "projection/kernel"}  # fmt: skip
    if head not in words:
        return None
    return words[head] if place in ("", "0") else f"l{place}/{words[head]}"


_ATTENTION = {"in_proj_weight": "input/kernel", "in_proj_bias": "input/bias", "q_proj_weight": "query/kernel",
              "k_proj_weight": "key/kernel", "v_proj_weight": "value/kernel", "out_proj.weight": "output/kernel",
              "out_proj.bias": "output/bias", "bias_k": "key/bias", "bias_v": "value/bias"}  # fmt: skip


def tensor_name(kind: str, name: str, shape: Tuple[int, ...]) -> str:
    """
    The service's word for a parameter: kernel, bias, gamma, beta, table, slope; others keep their name before it.

    :param name: within the module that counts for it, with dots
    """
    if kind in ("lstm", "gru", "simple_rnn"):
        return _recurrent(name) or name.replace(".", "/")
    if kind == "self_attention" and name in _ATTENTION:
        return _ATTENTION[name]
    if kind == "activation":
        return "slope"
    head, _, last = name.rpartition(".")
    matrix = sum(size > 1 for size in shape) >= 2
    if kind == "embedding" and last == "weight":
        word = "table"
    elif kind.endswith("_norm") or (last == "weight" and len(shape) == 1):
        word = "beta" if last == "bias" else "gamma"
    elif last == "weight" or last == "bias":
        word = "bias" if last == "bias" else "kernel"
    else:
        head, word = name, "kernel" if matrix else "bias"
    return f"{head.replace('.', '/')}/{word}" if head else word
