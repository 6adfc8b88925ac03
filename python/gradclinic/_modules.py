"""Modules of PyTorch as layers of the service, with their weights in its layout (docs: contract, "Parameters")."""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import torch
from torch import nn

Tensors = Dict[str, torch.Tensor]
#: Layers of the service that stand for a module: type and options; and their weights, in the same order.
Layers = List[Tuple[Dict[str, Any], Tensors]]


class Unsupported(Exception):
    """Why a module or function cannot be expressed, and what could stand for it."""


def activation_of(module: nn.Module) -> Optional[Any]:
    """The service's word for an activation module; None where it is none."""
    plain = {nn.ReLU: "relu", nn.ReLU6: "relu6", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh", nn.SiLU: "silu",
             nn.Mish: "mish", nn.SELU: "selu", nn.Softsign: "softsign", nn.Hardsigmoid: "hard_sigmoid",
             nn.Hardswish: "hard_swish"}  # fmt: skip
    for kind, name in plain.items():
        if isinstance(module, kind):
            return name
    if isinstance(module, nn.GELU):
        return {"type": "gelu", "approximate": True} if getattr(module, "approximate", "none") == "tanh" else "gelu"
    if isinstance(module, nn.LeakyReLU):
        return {"type": "leaky_relu", "negative_slope": module.negative_slope}
    if isinstance(module, nn.ELU) or isinstance(module, nn.CELU):
        return {"type": "elu" if isinstance(module, nn.ELU) else "celu", "alpha": module.alpha}
    if isinstance(module, nn.Softplus) and module.beta == 1:
        return "softplus"
    if isinstance(module, nn.Hardtanh) and (module.min_val, module.max_val) == (-1, 1):
        return "hard_tanh"
    return None


def _one(value: Any) -> Any:
    """(3, 3) as 3, (3, 5) as [3, 5]."""
    if not isinstance(value, (tuple, list)):
        return value
    return value[0] if len(set(value)) == 1 else list(value)


def _with_bias(weights: Tensors, module: Any) -> Tuple[Dict[str, Any], Tensors]:
    if module.bias is None:
        return {"use_bias": False}, weights
    return {}, {**weights, "bias": module.bias}


def _dense(m: nn.Linear, _: Sequence[int]) -> Layers:
    extra, weights = _with_bias({"kernel": m.weight.t()}, m)
    return [({"type": "dense", "units": m.out_features, **extra}, weights)]


def _window(m: Any) -> Dict[str, Any]:
    padding = m.padding if getattr(m, "padding_mode", "zeros") == "zeros" else 0
    if isinstance(padding, (tuple, list)):
        padding = _one(padding) if len(padding) > 1 or len(set(padding)) == 1 else padding[0]
    return {"kernel_size": _one(m.kernel_size), "stride": _one(m.stride), "dilation": _one(m.dilation),
            "padding": "valid" if padding == 0 else padding, "filters": m.out_channels}  # fmt: skip


def _swapped(inner: Layers) -> Layers:
    """PyTorch has the channels of a sequence before its time, the service after it."""
    return [({"type": "permute", "dims": [2, 1]}, {}), *inner, ({"type": "permute", "dims": [2, 1]}, {})]


def _over_volume(inner: Layers) -> Layers:
    """PyTorch has the channels of a volume before its depth, the service after it, as in a sequence of images."""
    return [({"type": "permute", "dims": [2, 1, 3, 4]}, {}), *inner, ({"type": "permute", "dims": [2, 1, 3, 4]}, {})]


def _conv(m: Any, shape: Sequence[int]) -> Layers:
    options = _window(m)
    if m.groups != 1:
        options["groups"] = m.groups
    extra, weights = _with_bias({"kernel": m.weight}, m)
    kind = "conv1d" if isinstance(m, nn.Conv1d) else "conv2d" if isinstance(m, nn.Conv2d) else "conv3d"
    around: Layers = []
    if m.padding_mode != "zeros" and kind == "conv3d":
        raise Unsupported(f"a convolution over volumes that pads in the mode {m.padding_mode}")
    if m.padding_mode != "zeros":
        # PyTorch names the ends from the last axis backwards; for "same" it has worked them out.
        ends = list(m._reversed_padding_repeated_twice)
        around = [(edges(ends, m.padding_mode, kind[4:]), {})]
    inner: Layers = [*around, ({"type": kind, **options, **extra}, weights)]
    return _swapped(inner) if kind == "conv1d" else inner if kind == "conv2d" else _over_volume(inner)


def _transposed(m: nn.ConvTranspose2d, shape: Sequence[int]) -> Layers:
    if m.groups != 1:
        raise Unsupported("a transposed convolution in groups")
    options = _window(m)
    # Named padding of the service ends where the input ends; PyTorch's counts from the whole.
    options["padding"] = _one(m.padding)
    extra, weights = _with_bias({"kernel": m.weight.transpose(0, 1)}, m)
    return [({"type": "conv2d_transpose", **options, "output_padding": _one(m.output_padding), **extra}, weights)]


def _affine(m: Any) -> Tensors:
    return {} if m.weight is None else {"gamma": m.weight, **({} if m.bias is None else {"beta": m.bias})}


def _batch_norm(m: Any, shape: Sequence[int]) -> Layers:
    if not m.track_running_stats or m.momentum is None:
        raise Unsupported("batch norm without running averages; nearest: group_norm or layer_norm")
    weights = {**_affine(m), "moving_mean": m.running_mean, "moving_variance": m.running_var}
    inner: Layers = [({"type": "batch_norm", "momentum": 1 - m.momentum, "epsilon": m.eps}, weights)]
    return _swapped(inner) if len(shape) == 2 else _over_volume(inner) if len(shape) == 4 else inner


def _instance_norm(m: Any, shape: Sequence[int]) -> Layers:
    if m.track_running_stats:
        raise Unsupported("instance norm with running averages; nearest: track_running_stats=False")
    inner: Layers = [({"type": "instance_norm", "epsilon": m.eps}, _affine(m))]
    return _swapped(inner) if len(shape) == 2 else inner


def _layer_norm(m: nn.LayerNorm, shape: Sequence[int]) -> Layers:
    if len(m.normalized_shape) != 1 or len(shape) > 2:
        raise Unsupported(f"layer norm over {list(m.normalized_shape)} of {list(shape)}; it has to be the last axis of features or "
                          "sequences; nearest for images: group_norm with groups 1")  # fmt: skip
    return [({"type": "layer_norm", "epsilon": m.eps}, _affine(m))]


def _group_norm(m: nn.GroupNorm, shape: Sequence[int]) -> Layers:
    inner: Layers = [({"type": "group_norm", "groups": m.num_groups, "epsilon": m.eps}, _affine(m))]
    return _swapped(inner) if len(shape) == 2 else inner


def _embedding(m: nn.Embedding, _: Sequence[int]) -> Layers:
    if m.max_norm is not None:
        raise Unsupported("max_norm of an embedding")
    options = {"type": "embedding", "vocabulary": m.num_embeddings, "dimensions": m.embedding_dim}
    return [(options, {"table": m.weight})]


def _gates(weight: torch.Tensor, order: Sequence[int]) -> torch.Tensor:
    blocks = weight.chunk(len(order))
    return torch.cat([blocks[k] for k in order])


def recurrent_layer(m: Any, place: str, sequences: bool) -> Tuple[Dict[str, Any], Tensors]:
    """One direction of one layer. :param place: the end of its parameters' names: _l0, _l1_reverse"""
    kind = {"LSTM": "lstm", "GRU": "gru"}.get(m.mode, "simple_rnn")
    kernel, recurrent = getattr(m, f"weight_ih{place}"), getattr(m, f"weight_hh{place}")
    options: Dict[str, Any] = {"type": kind, "units": m.hidden_size, "return_sequences": sequences}
    # Gates stand as i, f, g, o in both; those of a GRU as r, z, n here and z, r, h there.
    order = [1, 0, 2] if kind == "gru" else list(range({"lstm": 4, "simple_rnn": 1}[kind]))
    weights = {"kernel": _gates(kernel, order).t(), "recurrent_kernel": _gates(recurrent, order).t()}
    if kind == "gru":
        options["reset_after"] = True
    if kind == "simple_rnn":
        options["activation"] = "relu" if "RELU" in m.mode else "tanh"
    if m.bias:
        a, b = (_gates(getattr(m, f"bias_{at}{place}"), order) for at in ("ih", "hh"))
        weights.update({"bias": a, "recurrent_bias": b} if kind == "gru" else {"bias": a + b})
    else:
        options["use_bias"] = False
    return options, weights


def _recurrent(m: Any, _: Sequence[int]) -> Layers:
    if not m.batch_first:
        raise Unsupported("batch_first=False; nearest: batch_first=True")
    if getattr(m, "proj_size", 0):
        raise Unsupported("proj_size; nearest: a dense layer behind")
    layers: Layers = []
    for k in range(m.num_layers):
        options, weights = recurrent_layer(m, f"_l{k}", True)
        if m.bidirectional:
            _, behind = recurrent_layer(m, f"_l{k}_reverse", True)
            weights = {**{f"forward/{name}": w for name, w in weights.items()},
                       **{f"backward/{name}": w for name, w in behind.items()}}  # fmt: skip
            options = {"type": "bidirectional", "layer": options}
        if k > 0 and m.dropout:
            layers.append(({"type": "dropout", "rate": m.dropout}, {}))
        layers.append((options, weights))
    return layers


def _attention(m: nn.MultiheadAttention, _: Sequence[int]) -> Layers:
    if not m.batch_first or m.in_proj_weight is None or m.bias_k is not None or m.add_zero_attn:
        raise Unsupported("attention with batch_first=False, other sizes of keys or added zeros")
    weights: Tensors = {"output/kernel": m.out_proj.weight.t()}
    for name, weight in zip(("query", "key", "value"), m.in_proj_weight.chunk(3)):
        weights[f"{name}/kernel"] = weight.t()
    if m.in_proj_bias is not None:
        for name, bias in zip(("query", "key", "value"), m.in_proj_bias.chunk(3)):
            weights[f"{name}/bias"] = bias
        weights["output/bias"] = m.out_proj.bias
    bias_option = {} if m.in_proj_bias is not None else {"use_bias": False}
    dropout = {"dropout": m.dropout} if m.dropout else {}
    return [({"type": "self_attention", "heads": m.num_heads, **bias_option, **dropout}, weights)]


def pooling(kind: str, m: Any, shape: Sequence[int]) -> Layers:
    """:param m: the module, or what has its attributes"""
    if getattr(m, "ceil_mode", False) or _one(getattr(m, "dilation", 1)) != 1:
        raise Unsupported("pooling with ceil_mode or dilation")
    padding = _one(m.padding)
    if kind == "average" and padding != 0 and m.count_include_pad:
        raise Unsupported("average pooling that counts its padding; nearest: count_include_pad=False")
    stride = m.kernel_size if m.stride in (None, (), []) else m.stride
    axes = len(shape) - 1
    options = {"type": f"{kind}_pool{axes}d", "pool_size": _one(m.kernel_size), "stride": _one(stride),
               "padding": "valid" if padding == 0 else padding}  # fmt: skip
    return [(options, {})] if axes == 2 else _swapped([(options, {})]) if axes == 1 else _over_volume([(options, {})])


def global_pooling(kind: str, size: Any, shape: Sequence[int]) -> Layers:
    """Adaptive pooling to one position keeps the axes."""
    wanted = [size] * (len(shape) - 1) if isinstance(size, int) else [n if to is None else to for to, n in zip(size, shape[1:])]
    if any(to != 1 for to in wanted) and not any(n % to for to, n in zip(wanted, shape[1:])):
        window = [n // to for to, n in zip(wanted, shape[1:])]  # every window as large
        return pooling(kind, SimpleNamespace(kernel_size=window, stride=window, padding=0, count_include_pad=True), shape)
    if _one(size) not in (1, [1, 1]):
        raise Unsupported(f"adaptive pooling to {size}; to 1 it is global, else the nearest is pooling with a fixed window")
    axes = len(shape) - 1
    before: Layers = [] if axes == 2 else [({"type": "permute", "dims": [2, 1] if axes == 1 else [2, 1, 3, 4]}, {})]
    return [*before, ({"type": f"global_{kind}_pool{axes}d"}, {}), ({"type": "reshape", "shape": [shape[0], *[1] * axes]}, {})]


def _upsample(m: nn.Upsample, shape: Sequence[int]) -> Layers:
    return upsampling(m.mode, m.scale_factor, m.size, m.align_corners, shape)


def upsampling(mode: str, scale: Any, size: Any, align_corners: Optional[bool], shape: Sequence[int]) -> Layers:
    """By factors, or to a size that is a multiple."""
    axes = shape[1:]
    sizes = [size] * len(axes) if isinstance(size, int) else size
    factors = [to / n for to, n in zip(sizes, axes)] if scale is None else list(scale) if isinstance(scale, (tuple, list)) else [scale] * len(axes)
    if mode not in (("nearest", "bilinear") if len(axes) == 2 else ("nearest",)) or any(f != int(f) or f < 1 for f in factors):
        raise Unsupported(f"upsampling by {mode} and {factors}; whole factors can be expressed, nearest or (of images) bilinear")
    whole = [int(f) for f in factors]
    if len(axes) == 1:
        return _swapped([({"type": "up_sampling1d", "size": whole[0]}, {})])
    corners = {"align_corners": True} if mode == "bilinear" and align_corners else {}
    return [({"type": "up_sampling2d", "size": _one(whole), "interpolation": mode, **corners}, {})]


def pixels_of_channels(factor: int, shape: Sequence[int]) -> Layers:
    """PixelShuffle: blocks of channels become blocks of pixels."""
    channels, height, width = shape
    apart = [channels // factor**2, factor, factor, height, width]
    return [({"type": "reshape", "shape": apart}, {}), ({"type": "permute", "dims": [1, 4, 2, 5, 3]}, {}),
            ({"type": "reshape", "shape": [apart[0], height * factor, width * factor]}, {})]  # fmt: skip


def padding(m: Any, shape: Sequence[int]) -> Layers:
    """
    Zeros around an image or a sequence. PyTorch counts from the last axis backwards: (left, right, top, bottom).

    :param m: the module, or what has its attributes
    """
    ends = list(m.padding)
    if getattr(m, "value", 0) not in (0, None) or min(ends) < 0:
        raise Unsupported(f"it pads by {tuple(ends)} with {getattr(m, 'value', 0)}; zeros can be added, nothing cut off")
    if len(shape) == 2 and len(ends) == 4 and ends[:2] == [0, 0]:
        return [({"type": "zero_padding1d", "padding": ends[2:]}, {})]  # features last
    if len(shape) == 3 and len(ends) == 2:
        ends += [0, 0]
    if len(shape) != len(ends) // 2 + 1:
        raise Unsupported(f"it pads {list(shape)} at {len(ends)} ends")
    if len(ends) == 2:
        return _swapped([({"type": "zero_padding1d", "padding": ends}, {})])
    return [({"type": "zero_padding2d", "padding": [ends[2:], ends[:2]]}, {})]


def edges(ends: List[int], mode: str, axes: str) -> Dict[str, Any]:
    """A layer that puts around what lies inside. :param ends: from the last axis backwards. :param axes: 1d or 2d"""
    sides = ends if axes == "1d" else [ends[2:], ends[:2]]
    return {"type": f"padding{axes}", "padding": sides, "mode": mode}


def edge_padding(m: Any, mode: str, shape: Sequence[int]) -> Layers:
    """:param m: the module, or what has its attributes"""
    ends = list(m.padding)
    if min(ends) < 0 or len(shape) != len(ends) // 2 + 1 or len(ends) > 4:
        raise Unsupported(f"it pads {list(shape)} by {tuple(ends)} in the mode {mode}")
    if len(ends) == 2:
        return _swapped([(edges(ends, mode, "1d"), {})])
    return [(edges(ends, mode, "2d"), {})]


_MAKERS: List[Tuple[Any, Callable[[Any, Sequence[int]], Layers]]] = [
    (nn.Linear, _dense),
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), _conv),
    (nn.ConvTranspose2d, _transposed),
    ((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), _batch_norm),
    ((nn.InstanceNorm1d, nn.InstanceNorm2d), _instance_norm),
    (nn.LayerNorm, _layer_norm),
    (nn.GroupNorm, _group_norm),
    (nn.Embedding, _embedding),
    (nn.RNNBase, _recurrent),
    (nn.MultiheadAttention, _attention),
    ((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), lambda m, shape: pooling("max", m, shape)),
    ((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), lambda m, shape: pooling("average", m, shape)),
    ((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d), lambda m, shape: global_pooling("average", m.output_size, shape)),
    ((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d), lambda m, shape: global_pooling("max", m.output_size, shape)),
    (nn.Upsample, _upsample),
    (nn.PixelShuffle, lambda m, shape: pixels_of_channels(m.upscale_factor, shape)),
    ((nn.ZeroPad2d, nn.ConstantPad1d, nn.ConstantPad2d), padding),
    ((nn.ReflectionPad1d, nn.ReflectionPad2d), lambda m, shape: edge_padding(m, "reflect", shape)),
    ((nn.ReplicationPad1d, nn.ReplicationPad2d), lambda m, shape: edge_padding(m, "replicate", shape)),
    (nn.Dropout2d, lambda m, _: [({"type": "spatial_dropout2d", "rate": m.p}, {})]),
    (nn.Dropout, lambda m, _: [({"type": "dropout", "rate": m.p}, {})]),
]


def with_norm(module: nn.Module, x: torch.Tensor) -> bool:
    """Whether its weights are made from others before each call (weight norm, spectral norm). They are made now."""
    hooks = [hook for hook in module._forward_pre_hooks.values() if hasattr(hook, "compute_weight")]
    for hook in hooks:
        hook(module, (x,))
    return bool(hooks) or hasattr(module, "parametrizations")


def layers_of(module: nn.Module, shape: Sequence[int]) -> Layers:
    """:param shape: of the input, without the batch. :raises Unsupported:"""
    activation = activation_of(module)
    if activation is not None:
        return [({"type": "activation", "activation": activation}, {})]
    for kinds, make in _MAKERS:
        if isinstance(module, kinds):
            return make(module, shape)
    known = sorted({k.__name__ for kinds, _ in _MAKERS for k in (kinds if isinstance(kinds, tuple) else (kinds,))})
    raise Unsupported(f"the service has no layer for it; there are {', '.join(known)}")
