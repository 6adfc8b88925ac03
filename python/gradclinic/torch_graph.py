"""A network in PyTorch as one of the service: traced by torch.fx, layer by layer, with its weights."""
from __future__ import annotations

import base64
import math
import operator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Union

import torch
from torch import fx, nn

from ._layers import ACTIVATIONS
from ._losses import joint_of, training_of
from ._masks import settle
from ._measure import Untouched
from ._onnx import NotImported, imported
from ._modules import Layers, Unsupported, edge_padding, global_pooling, layers_of, padding, pixels_of_channels, pooling, upsampling, with_norm
from ._recognize import Recognized
from ._safetensors import encode
from ._trace import OWN, Tracer, trace_calls

if TYPE_CHECKING:
    from .client import Client


class CannotConvert(Exception):
    """All that has no place in a network of the service: ``problems``, each with its line of code where it is known."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("this network cannot be expressed:\n" + "\n".join(f"  {one}" for one in problems))


@dataclass(frozen=True)
class Network:
    """``network`` is the JSON of an experiment; ``weights`` by the service's names."""

    network: Dict[str, Any]
    weights: Dict[str, torch.Tensor]
    warnings: Tuple[str, ...] = ()
    #: What the loss module says of the training; empty where none was given.
    training: Mapping[str, Any] = field(default_factory=dict)

    def safetensors(self) -> bytes:
        return encode(self.weights)

    def initial_weights(self) -> Dict[str, str]:
        """For ``training.initial_weights`` of small networks; large ones are uploaded: client.upload(self.safetensors())."""
        return {"encoding": "safetensors", "data": base64.b64encode(self.safetensors()).decode()}

    def experiment(self, data: Mapping[str, Any], training: Mapping[str, Any], **more: Any) -> Dict[str, Any]:
        """To be submitted; the training starts from these weights, and has the loss of the loss module, if `training` has no other."""
        weights = {"initial_weights": self.initial_weights()}
        return {"network": self.network, "data": dict(data), "training": {**weights, **self.training, **training}, **more}


@dataclass
class _Made:
    """What a node became: the layer that gives it; or the sequence or last state of a recurrent one."""

    layer: str
    of: Optional[Dict[str, Any]] = None
    kind: str = "tensor"  # tensor, parts, pair, states, all_states, ahead, behind, mask
    parts: Set[str] = field(default_factory=set)


_MERGES = {"add": "add", "iadd": "add", "add_": "add", "sub": "subtract", "isub": "subtract", "mul": "multiply",
           "imul": "multiply", "mul_": "multiply", "maximum": "maximum"}  # fmt: skip
_RESHAPES = frozenset(["flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten"])
_NOTHING = frozenset(["contiguous", "float", "clone", "to", "identity"])
_EXPANSIONS = frozenset(["expand", "expand_as", "repeat", "getitem"])
_COPIES = frozenset(["expand", "expand_as", "repeat", "tile", "repeat_interleave"])
_REDUCTIONS = frozenset(["mean", "amax", "sum", "var", "std"])
#: Functions of every number by itself, in the formulas of the service.
_FORMULAS = {"exp": "exp(x)", "log": "log(x)", "sqrt": "sqrt(x)", "rsqrt": "1 / sqrt(x)", "square": "x * x", "abs": "abs(x)",
             "absolute": "abs(x)", "reciprocal": "1 / x", "sin": "sin(x)", "cos": "cos(x)", "erf": "erf(x)", "log1p": "log(1 + x)",
             "expm1": "exp(x) - 1"}  # fmt: skip
#: Their arguments behind the first.
_WITH_WEIGHTS = {"linear": ("weight", "bias"), "layer_norm": ("normalized_shape", "weight", "bias", "eps")}
#: As many as a merging layer takes.
_MOST = 64
_COMPARISONS = frozenset(["ne", "gt", "eq", "invert", "logical_not", "bitwise_not"])
_PARTS = frozenset(["chunk", "split", "unbind", "tensor_split"])


def _is_one(index: Any) -> bool:
    """x[:, [-1]] keeps the axis."""
    return isinstance(index, list) and len(index) == 1 and isinstance(index[0], int)


def _called(node: fx.Node) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def _turns(node: fx.Node) -> bool:
    """Whether it exchanges both axes of a matrix."""
    if _called(node) == "getattr":
        return node.args[1] in ("T", "mT")
    return _called(node) == "t" or _called(node) == "transpose" and sorted(int(a) % 2 for a in node.args[1:]) == [0, 1]  # type: ignore[arg-type]


def _sinusoids(time: int, features: int) -> torch.Tensor:
    """sin(t / 10000^(i / features)) for even i, the cosine of the same angle for odd. Vaswani et al. 2017, section 3.5."""
    i = torch.arange(features)
    angle = torch.arange(time)[:, None] / 10_000 ** ((i - i % 2) / features)
    return torch.where(i % 2 == 0, angle.sin(), angle.cos())


class _Builder:
    def __init__(self, module: nn.Module, tracer: Tracer, batch: int) -> None:
        self.module, self.values, self.lines, self.recognized, self.batch = module, tracer.values, tracer.lines, tracer.recognized, batch
        self.shapes = {node: tuple(x.shape) if isinstance(x, torch.Tensor) else x for node, x in tracer.values.items()}
        #: Layers that take a mask, and the tokens whose padding it hides.
        self.masked: Dict[str, str] = {}
        self.layers: List[Dict[str, Any]] = []
        self.weights: Dict[str, torch.Tensor] = {}
        self.made: Dict[fx.Node, _Made] = {}
        self.problems: List[str] = []
        self.warnings: List[str] = []
        #: Layers that were made of the modules with weights: by the module and its place in what it became.
        self.first: Dict[str, str] = {}
        calls = [str(node.target) for node in tracer.graph.nodes if node.op == "call_module"]
        self.several = {name for name in calls if calls.count(name) > 1}
        #: Layers whose table or kernel a parameter is, by its id; and the parameters whose other places were found.
        self.homes: Dict[int, str] = {}
        self.tied: Set[int] = set()
        #: What is used of recurrent layers, in all of their places.
        self.parts: Dict[str, Set[str]] = {}
        self.names: Set[str] = {"input"}

    # Layers

    def _free(self, name: str) -> str:
        plain = "".join(c if c.isalnum() or c == "_" else "_" for c in name).strip("_") or "layer"
        plain = f"layer_{plain}" if plain[0].isdigit() else plain
        free, k = plain, 1
        while free in self.names:
            k += 1
            free = f"{plain}_{k}"
        self.names.add(free)
        return free

    def emit(self, name: str, sources: Sequence[str], layer: Dict[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
        swap = {key: layer[key] for key in ("type", "dims") if key in layer}
        twice = next((one for one in self.layers if layer == swap and layer.get("dims") in ([2, 1], [2, 1, 3, 4]) and [one["name"]] == list(sources)), None)
        if twice is not None and {**twice, **swap} == twice:
            return str(twice["inputs"][0])  # back to what was swapped
        given = self._free(name)
        self.layers.append({**layer, "name": given, "inputs": list(sources)})
        self.weights.update({f"{given}/{key}": value for key, value in weights.items()})
        return given

    def named(self, name: str) -> Dict[str, Any]:
        """The layer; where it is another one once more, that one."""
        found = next(layer for layer in self.layers if layer["name"] == name)
        return self.named(found["layer"]) if found["type"] == "shared" else found

    def emit_once(self, key: str, name: str, sources: Sequence[str], layer: Dict[str, Any], weights: Mapping[str, torch.Tensor]) -> str:
        """A layer with weights; where it was made before, that layer once more."""
        if not weights and "tied_to" not in layer:
            return self.emit(name, sources, layer, weights)
        first = self.first.get(key)
        if first is None:
            self.first[key] = made = self.emit(name, sources, layer, weights)
            return made
        own = {key: value for key, value in self.named(first).items() if key not in ("name", "inputs", "return_sequences")}
        if own != {key: value for key, value in layer.items() if key != "return_sequences"}:
            raise Unsupported("a module that is called twice in different ways; nearest: a module of its own for every call")
        return self.emit(name, sources, {"type": "shared", "layer": first}, {})

    def chain(self, node: fx.Node, name: str, source: str, layers: Layers, module: Optional[str] = None) -> None:
        """:param module: whose weights these are, which may be called again"""
        for k, (layer, weights) in enumerate(layers):
            source = self.emit(name, [source], layer, weights) if module is None else self.emit_once(f"{module} {k}", name, [source], layer, weights)
        last = self.named(self.layers[-1]["name"]) if layers else None
        inner = last.get("layer") if last is not None else None
        of = inner if isinstance(inner, dict) else last or {}
        if "return_sequences" not in of:
            self.made[node] = _Made(source)
            return
        assert last is not None
        self.made[node] = _Made(source, of, "pair", self.parts.setdefault(last["name"], set()))

    def finish(self, end: str) -> List[Dict[str, Any]]:
        """Without what the output does not need, with masks, and without inputs that say what holds anyway."""
        used, kept = {end}, []
        for layer in reversed(self.layers):
            if layer["name"] in used:
                used.update(layer["inputs"])
                used.update(str(layer[key]) for key, kind in (("layer", "shared"), ("tied_to", "dense")) if layer["type"] == kind and key in layer)
                kept.insert(0, layer)
        problems, at_end = settle(kept, self.masked)
        self.problems.extend(problems)
        if at_end:
            self.warnings.append("steps of padding (token 0) are masked to the end: the service's loss does not count them")
        before = "input"
        for layer in kept:
            if layer["inputs"] == [before]:
                del layer["inputs"]
            before = layer["name"]
        return kept

    # Nodes

    def source(self, value: Any) -> str:
        if not isinstance(value, fx.Node) or value not in self.made:
            raise Unsupported("an input that is no output of a layer")
        made = self.made[value]
        if made.kind == "mask":
            raise Unsupported("a mask outside of attention, recurrent layers and pooling over time")
        if made.kind != "tensor":
            raise Unsupported("the state of a recurrent layer other than its last one")
        return made.layer

    def mask_of(self, value: Any, hides: bool) -> str:
        """The tokens of a mask. :param hides: whether it is true at padding, instead of at what counts"""
        made = self.made.get(value) if isinstance(value, fx.Node) else None
        if made is None or made.kind != "mask" or made.of != {"hides": hides}:
            raise Unsupported("this mask; the one that can be expressed is of the padding: tokens != 0, true where a step counts, or "
                              "for key_padding_mask tokens == 0")  # fmt: skip
        return made.layer

    def shape(self, node: fx.Node) -> List[int]:
        """Without the batch."""
        whole = self.shapes[node]
        if not isinstance(whole, tuple) or not whole or whole[0] != self.batch:
            raise Unsupported("a tensor whose first axis is not the batch")
        return list(whole[1:])

    def is_tensor(self, node: Any) -> bool:
        return isinstance(node, fx.Node) and node in self.made

    def visit(self, node: fx.Node) -> None:
        if not node.users and node.op != "output":
            return  # nobody wants it
        try:
            if node.op == "call_module":
                self.call_module(node)
            elif node.op in ("call_function", "call_method"):
                self.call(node)
        except Unsupported as problem:
            self.problems.append(f"{self.describe(node)}: {problem}{self.lines.get(node, '')}")
            # What follows is looked at all the same, so that everything is named at once.
            self.made[node] = _Made("?")

    def describe(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return f"{node.target} ({type(self.module.get_submodule(str(node.target))).__name__})"
        return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))

    def call_module(self, node: fx.Node) -> None:
        if not any(self.is_tensor(a) for a in node.all_input_nodes):
            return None  # of constants: its value is known
        name = str(node.target)
        module = self.module.get_submodule(name)
        if node in self.recognized:
            return self.call_recognized(node, name, self.recognized[node])
        source = self.source(node.args[0])
        shape = self.shape(node.args[0])  # type: ignore[arg-type]
        if isinstance(module, (nn.Flatten, nn.Unflatten)):
            return self.reshape(node)
        if isinstance(module, nn.Identity):
            self.made[node] = self.made[node.args[0]]  # type: ignore[index]
            return None
        if isinstance(module, nn.LogSoftmax):
            return self.log_softmax(node, name, source, module.dim)
        if isinstance(module, nn.Softmax):
            return self.softmax(node, name, source, module.dim)
        if isinstance(module, nn.MultiheadAttention):
            return self.attention(node, name, module, shape)
        if isinstance(module, nn.RNNBase) and len(node.args) > 1 and not self.is_zero(node.args[1]):
            raise Unsupported("an initial state other than zero")
        if with_norm(module, self.values[node.args[0]]):  # type: ignore[index]
            self.warnings.append(f"{name}: the norm of its weights is left out of the training; they start as they are now")
        layers = layers_of(module, shape)
        if layers[0][0]["type"] == "activation" and self.fuse(node.args[0], layers[0][0]["activation"]):
            self.made[node] = _Made(source)
            return None
        layers = self.tie(module, layers)
        self.chain(node, name, source, layers, name)
        if isinstance(module, (nn.Linear, nn.Embedding)):
            self.homes.setdefault(id(module.weight), self.first.get(f"{name} 0", ""))
        return None

    def tie(self, module: nn.Module, layers: Layers) -> Layers:
        """A product with the table of an embedding has that one's weights."""
        home = self.homes.get(id(module.weight)) if isinstance(module, nn.Linear) else None
        if not home or self.named(home)["type"] != "embedding":
            return layers
        self.tied.add(id(module.weight))
        (layer, weights), = layers
        return [({**layer, "tied_to": home}, {key: value for key, value in weights.items() if key != "kernel"})]

    def is_zero(self, value: Any) -> bool:
        """A state that is zero, or several of them."""
        if isinstance(value, (tuple, list)):
            return all(self.is_zero(one) for one in value)
        known = self.values.get(value) if isinstance(value, fx.Node) and value not in self.made else None
        return value is None or (isinstance(known, torch.Tensor) and not bool(known.any()))

    def call_recognized(self, node: fx.Node, name: str, found: Recognized) -> None:
        given = [a for a in (*node.args, *node.kwargs.values()) if isinstance(a, fx.Node)]
        sequences = {id(self.values[a]): a for a in given if self.values[a].is_floating_point()}
        masks = [a for a in given if self.values[a].dtype == torch.bool]
        sources = [self.source(a) for a in sequences.values()]
        tokens = [self.mask_of(a, found.mask_hides) for a in masks]
        made = self.emit_once(name, name, [sources[k] for k in found.inputs], found.layer, found.weights)
        self.masked.update({made: one for one in tokens})
        self.made[node] = _Made(made)
        if found.differs_in_training:
            self.warnings.append(f"{name} becomes the layer {found.layer['type']}: what it does in training only, such as dropout, is left out")

    def attention(self, node: fx.Node, name: str, module: nn.MultiheadAttention, shape: List[int]) -> None:
        words = ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask")
        given = {**dict(zip(words, node.args)), **node.kwargs}
        query, key, value = (given[word] for word in words[:3])
        (layer, weights), = layers_of(module, shape)
        if given.get("attn_mask") is not None:
            mask, time = self.values.get(given["attn_mask"]), shape[0]
            later = torch.ones(time, time).triu(1).bool()
            hidden = None if mask is None else (mask if mask.dtype == torch.bool else mask.isneginf()).cpu()
            if hidden is None or not torch.equal(hidden, later) or (mask.is_floating_point() and bool(mask[~later.to(mask.device)].any())):
                raise Unsupported("this attn_mask; the one that can be expressed hides later steps: torch.ones(T, T).triu(1).bool()")
            layer["causal"] = True
        padding_mask = given.get("key_padding_mask")
        tokens = None if padding_mask is None else self.mask_of(padding_mask, hides=True)
        sources = [self.source(one) for one in (query, value, key)]
        if len(set(sources)) == 1:
            sources = sources[:1]
        else:
            layer["type"] = "multi_head_attention"
            sources = sources[: 2 if sources[1] == sources[2] else 3]
        made = self.emit_once(name, name, sources, layer, weights)
        if tokens is not None:
            self.masked[made] = tokens
        self.made[node] = _Made(made, None, "pair")

    def mask(self, node: fx.Node, name: str) -> None:
        made = self.made.get(node.args[0])  # type: ignore[arg-type]
        if made is not None and made.kind == "mask" and name in ("invert", "logical_not", "bitwise_not"):
            self.made[node] = _Made(made.layer, {"hides": made.of == {"hides": False}}, "mask")
            return
        whole = made is not None and made.kind == "tensor" and not self.values[node.args[0]].is_floating_point()  # type: ignore[index]
        if made is None or not whole or name not in ("ne", "gt", "eq") or node.args[1] != 0:
            raise Unsupported("a comparison; of those a mask of the padding can be expressed: tokens != 0")
        self.made[node] = _Made(made.layer, {"hides": name == "eq"}, "mask")

    def fuse(self, before: Any, activation: Any) -> bool:
        """An activation that alone follows a layer with weights is that layer's own."""
        last = self.layers[-1] if self.layers else {}
        fits = last.get("type") in ("dense", "conv2d", "conv2d_transpose") and "activation" not in last
        if not fits or len(before.users) != 1 or self.made[before].layer != last["name"]:
            return False
        if before.op == "call_module" and str(before.target) in self.several:
            return False  # what follows another call of it may be something else
        if sum(made.layer == last["name"] for made in self.made.values()) > 1:
            return False  # another step goes by the same layer, before the activation
        last["activation"] = activation
        return True

    def reshape(self, node: fx.Node) -> None:
        source, before, after = self.source(node.args[0]), self.shape(node.args[0]), self.shape(node)  # type: ignore[arg-type]
        if before == after:
            self.made[node] = self.made[node.args[0]]  # type: ignore[index]
        elif len(after) == 1:
            self.chain(node, node.name, source, [({"type": "flatten"}, {})])
        else:
            self.chain(node, node.name, source, [({"type": "reshape", "shape": after}, {})])

    def call(self, node: fx.Node) -> None:
        name = _called(node)
        args, kwargs = node.args, node.kwargs
        if name == "getitem":
            return self.getitem(node)
        if not isinstance(self.shapes.get(node), (tuple, list)) or not any(self.is_tensor(a) for a in node.all_input_nodes):
            return None  # a size, a number: its value is known
        if name in _COMPARISONS:
            return self.mask(node, name)
        if name in ("cat", "concat", "concatenate", "stack"):
            return self.concatenate(node, name)
        if name in _MERGES or name in ("truediv", "div"):
            return self.arithmetic(node, name)
        source = self.source(args[0])
        shape = self.shape(args[0])  # type: ignore[arg-type]
        if name in _NOTHING:
            self.made[node] = self.made[args[0]]  # type: ignore[index]
        elif name in _RESHAPES:
            self.reshape(node)
        elif name in ("permute", "transpose", "swapaxes"):
            self.permute(node, name, source)
        elif name in _PARTS:
            axis = (args[1:] if name == "unbind" else args[2:])[:1] or (kwargs.get("dim", 0),)
            self.made[node] = _Made(source, {"axis": int(axis[0]) % (len(shape) + 1)}, "parts")  # type: ignore[arg-type]
        elif name == "pad":
            names = ("padding", "mode", "value")
            options = {"mode": "constant", "value": 0, **dict(zip(names, args[1:])), **kwargs}
            ends = options.get("pad", options.get("padding"))
            if options["mode"] != "constant":
                return self.chain(node, name, source, edge_padding(SimpleNamespace(padding=ends), str(options["mode"]), shape))
            self.chain(node, name, source, padding(SimpleNamespace(padding=ends, value=options["value"]), shape))
        elif name in ("flip", "fliplr", "flipud"):
            self.flip(node, name, source)
        elif name == "neg":
            self.chain(node, name, source, [({"type": "rescaling", "scale": -1}, {})])
        elif name in ACTIVATIONS:
            self.activation(node, name, source)
        elif name in ("dropout", "dropout2d"):
            rate = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
            kind = "dropout" if name == "dropout" else "spatial_dropout2d"
            self.chain(node, name, source, [({"type": kind, "rate": rate}, {})])
        elif name in ("max_pool2d", "avg_pool2d", "max_pool1d", "avg_pool1d", "boolean_dispatch"):
            self.pool(node, name, source, shape)
        elif name in ("adaptive_avg_pool2d", "adaptive_avg_pool1d"):
            size = args[1] if len(args) > 1 else kwargs["output_size"]
            self.chain(node, name, source, global_pooling("average", size, shape))
        elif name in _REDUCTIONS:
            self.reduce(node, name, source, shape)
        elif name in _COPIES:
            self.copies(node, name, source, shape)
        elif name in _WITH_WEIGHTS:
            self.with_weights(node, name, source, shape)
        elif name == "matmul" and not self.is_tensor(args[1]):
            self.product(node, source)
        elif name == "detach":
            self.chain(node, name, source, [({"type": "stop_gradient"}, {})])
        elif name in _FORMULAS or name in ("pow", "clamp", "clip", "clamp_min", "clamp_max"):
            self.chain(node, name, source, [({"type": "activation", "activation": {"expression": self.formula(node, name)}}, {})])
        elif name == "max" and (len(args) > 1 or "dim" in kwargs):
            self.reduce(node, name, source, shape)
            self.made[node].kind = "pair"  # of values and their places
        elif name == "interpolate":
            given = {**dict(zip(("size", "scale_factor", "mode", "align_corners"), args[1:])), **kwargs}
            options = (given.get("mode", "nearest"), given.get("scale_factor"), given.get("size"), given.get("align_corners"))
            self.chain(node, name, source, upsampling(*options, shape))  # type: ignore[arg-type]
        elif name == "pixel_shuffle":
            self.chain(node, name, source, pixels_of_channels(int(args[1] if len(args) > 1 else kwargs["upscale_factor"]), shape))  # type: ignore[arg-type]
        elif name == "glu":
            self.gated(node, source, shape)
        elif name == "log_softmax":
            self.log_softmax(node, name, source, args[1] if len(args) > 1 else kwargs.get("dim"))
        else:
            raise Unsupported("the service has no layer for it")
        return None

    def activation(self, node: fx.Node, name: str, source: str) -> None:
        word: Any = ACTIVATIONS[name]
        kwargs = dict(node.kwargs)
        kwargs.pop("inplace", None)
        if name == "softmax":
            return self.softmax(node, name, source, node.args[1] if len(node.args) > 1 else kwargs.get("dim"))
        if name == "gelu" and kwargs.pop("approximate", "none") == "tanh":
            word = {"type": "gelu", "approximate": True}
        elif name in ("leaky_relu", "leaky_relu_"):
            slope = node.args[1] if len(node.args) > 1 else kwargs.pop("negative_slope", 0.01)
            word = {"type": "leaky_relu", "negative_slope": slope}
        elif name in ("prelu", "rrelu", "threshold") or len(node.args) > 1 or kwargs:
            raise Unsupported("this activation with its options")
        if not self.fuse(node.args[0], word):
            return self.chain(node, name, source, [({"type": "activation", "activation": word}, {})])
        self.made[node] = _Made(source)
        return None

    def features_of(self, node: fx.Node) -> int:
        """The axis of the features, in the service's shapes: of images and stacks of matrices the third from the end."""
        rank = len(self.shapes[node])
        return rank - (3 if rank >= 4 else 1)

    def over_features(self, node: fx.Node, axis: Any, layers: Layers) -> Layers:
        """Layers that work over the features, over another axis: the two change places, and change them again."""
        rank, features = len(self.shapes[node]), self.features_of(node)
        if not isinstance(axis, int) or axis % rank == 0:
            raise Unsupported(f"softmax over axis {axis}; it has to be one behind the batch")
        if axis % rank == features:
            return layers
        dims = list(range(1, rank))
        dims[axis % rank - 1], dims[features - 1] = dims[features - 1], dims[axis % rank - 1]
        return [({"type": "permute", "dims": dims}, {}), *layers, ({"type": "permute", "dims": dims}, {})]

    def softmax(self, node: fx.Node, name: str, source: str, axis: Any) -> None:
        layers = self.over_features(node, axis, [({"type": "activation", "activation": "softmax"}, {})])
        if len(layers) > 1 or not self.fuse(node.args[0], "softmax"):
            return self.chain(node, name, source, layers)
        self.made[node] = _Made(source)
        return None

    def log_softmax(self, node: fx.Node, name: str, source: str, axis: Any) -> None:
        """At the end it belongs to the loss."""
        if all(user.op == "output" for user in node.users) and isinstance(axis, int) and axis % len(self.shapes[node]) == self.features_of(node):
            self.warnings.append("log_softmax at the end is left out: the loss softmax_cross_entropy takes the numbers before it, as nll_loss "
                                 "takes those behind it")  # fmt: skip
            self.made[node] = _Made(source)
            return
        words = ("softmax", {"expression": "log(x)"})
        self.chain(node, name, source, self.over_features(node, axis, [({"type": "activation", "activation": word}, {}) for word in words]))

    def permute(self, node: fx.Node, name: str, source: str) -> None:
        rank = len(self.shapes[node.args[0]])  # type: ignore[index]
        given = node.args[1:] if not isinstance(node.args[1], (tuple, list)) else tuple(node.args[1])
        axes = [int(a) % rank for a in given]  # type: ignore[arg-type]
        if name != "permute":
            order = list(range(rank))
            order[axes[0]], order[axes[1]] = axes[1], axes[0]
            axes = order
        if axes[0] != 0:
            raise Unsupported("the batch is moved; it has to stay the first axis (batch_first=True)")
        self.chain(node, name, source, [({"type": "permute", "dims": axes[1:]}, {})])

    def flip(self, node: fx.Node, name: str, source: str) -> None:
        rank = len(self.shapes[node.args[0]])  # type: ignore[index]
        given = node.args[1:] or node.kwargs.get("dims", ({"fliplr": 1, "flipud": 0}.get(name, 0),))
        flat = given[0] if isinstance(given[0], (tuple, list)) else given  # type: ignore[index]
        axes = [int(a) % rank for a in flat]  # type: ignore[union-attr]
        if 0 in axes:
            raise Unsupported("the samples of the batch in another order")
        self.chain(node, name, source, [({"type": "reverse", "axis": axis - 1}, {}) for axis in axes])

    def pool(self, node: fx.Node, name: str, source: str, shape: List[int]) -> None:
        names = ("kernel_size", "stride", "padding", *(("ceil_mode", "count_include_pad") if "avg" in name else ("dilation", "ceil_mode")))  # fmt: skip
        defaults: Dict[str, Any] = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "count_include_pad": True}
        options = SimpleNamespace(**{**defaults, **dict(zip(names, node.args[1:])), **node.kwargs})
        self.chain(node, name, source, pooling("average" if "avg" in name else "max", options, shape))

    def reduce(self, node: fx.Node, name: str, source: str, shape: List[int]) -> None:
        axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
        keep = node.args[2] if len(node.args) > 2 else node.kwargs.get("keepdim", False)
        rank = len(shape) + 1
        axes = sorted(int(a) % rank for a in (axis if isinstance(axis, (tuple, list)) else [axis]) if a is not None)  # type: ignore[arg-type]
        word = "average" if name == "mean" else "max"
        if name in ("sum", "var", "std"):
            return self.chain(node, name, self.moment(node, name, source, axes, shape), [({"type": "reshape", "shape": self.shape(node)}, {})])
        if axes == [2, 3] and rank == 4:
            layers: Layers = [({"type": f"global_{word}_pool2d"}, {})]
        elif axes == [1] and rank == 3:
            layers = [({"type": f"global_{word}_pool1d"}, {})]
        elif axes == [2] and rank == 3:
            layers = [({"type": "permute", "dims": [2, 1]}, {}), ({"type": f"global_{word}_pool1d"}, {})]
        elif axes and 0 not in axes and self.shape(node):
            return self.chain(node, name, source, [*self.pooled(word, axes, shape), ({"type": "reshape", "shape": self.shape(node)}, {})])
        else:
            raise Unsupported(f"{name} over the axes {axes} of {rank}: it leaves no axis behind the batch, or takes the batch")
        if keep:
            layers.append(({"type": "reshape", "shape": [1 if k + 1 in axes else n for k, n in enumerate(shape)]}, {}))
        self.chain(node, name, source, layers)

    def with_weights(self, node: fx.Node, name: str, source: str, shape: List[int]) -> None:
        """A function that is given its weights, as the module that would hold them."""
        given = {**dict(zip(_WITH_WEIGHTS[name], node.args[1:])), **node.kwargs}
        if name != "layer_norm" and self.tied_product(node, source, given):
            return
        weight, bias = [None if given.get(key) is None else self.parameter(given[key]) for key in ("weight", "bias")]
        if weight is None and (name != "layer_norm" or given.get("weight") is not None) or bias is None and given.get("bias") is not None:
            raise Unsupported("weights that are made of something else than a parameter")
        if name == "layer_norm":
            module: nn.Module = nn.LayerNorm(given["normalized_shape"], eps=given.get("eps", 1e-5), elementwise_affine=True)  # type: ignore[arg-type]
        else:
            assert weight is not None
            module = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        for key, value in (("weight", weight), ("bias", bias)):
            if value is not None:
                setattr(module, key, nn.Parameter(value.detach(), requires_grad=value.requires_grad))
        self.chain(node, name, source, layers_of(module, shape))

    def tied_product(self, node: fx.Node, source: str, given: Mapping[str, Any], turned: bool = False) -> bool:
        """
        A product with the table of an embedding, or with the kernel of another product turned around.

        :param given: as F.linear is given it; `turned` where its weight stands the other way
        """
        value = given["weight"]
        while isinstance(value, fx.Node) and value.op != "get_attr" and _turns(value):
            value, turned = value.args[0], not turned
        home = self.homes.get(id(self.values.get(value))) if isinstance(value, fx.Node) and value.op == "get_attr" else None
        if not home or turned == (self.named(home)["type"] == "embedding"):
            return False
        weight = self.values[value]
        bias = None if given.get("bias") is None else self.parameter(given["bias"])
        if bias is None and given.get("bias") is not None:
            return False
        self.tied.add(id(weight))
        layer = {"type": "dense", "units": weight.shape[1 if turned else 0], "tied_to": home, **({"use_bias": False} if bias is None else {})}
        self.chain(node, node.name, source, [(layer, {} if bias is None else {"bias": bias})])
        return True

    def product(self, node: fx.Node, source: str) -> None:
        """x @ W of a parameter, as F.linear would be given it."""
        value = node.args[1]
        turned = isinstance(value, fx.Node) and _turns(value)
        given = value.args[0] if turned else value  # type: ignore[union-attr]
        weight = self.parameter(given)
        if weight is None or weight.dim() != 2:
            raise Unsupported("a product with what is no matrix of parameters")
        if self.tied_product(node, source, {"weight": given}, not turned):
            return
        module = nn.Linear(*weight.shape[:: -1 if turned else 1], bias=False)
        kernel = weight if turned else weight.t()
        module.weight = nn.Parameter(kernel.detach().contiguous(), requires_grad=weight.requires_grad)
        self.chain(node, node.name, source, layers_of(module, self.shape(node.args[0])))  # type: ignore[arg-type]

    @staticmethod
    def pooled(word: str, axes: Sequence[int], shape: Sequence[int]) -> Layers:
        """The mean or maximum over any axes, as over time of a sequence; what is left stands in a row."""
        left = [k for k in range(1, len(shape) + 1) if k not in axes]
        whole = [math.prod(shape[k - 1] for k in of) for of in (axes, left)]
        order = [*axes, *left]
        turn: Layers = [] if order == sorted(order) else [({"type": "permute", "dims": order}, {})]
        return [*turn, ({"type": "reshape", "shape": whole}, {}), ({"type": f"global_{word}_pool1d"}, {})]

    def moment(self, node: fx.Node, name: str, source: str, axes: Sequence[int], shape: List[int]) -> str:
        """A sum; or a variance or its root: the mean of the squares of what lies beside the mean."""
        if not axes or 0 in axes or not self.shape(node):
            raise Unsupported(f"{name} over the axes {list(axes)} of {len(shape) + 1}: it leaves no axis behind the batch, or takes the batch")
        count = math.prod(shape[k - 1] for k in axes)
        steps = self.pooled("average", axes, shape)
        if name != "sum":
            kept = [1 if k in axes else n for k, n in enumerate(shape, 1)]
            mean = source
            for layer, _ in [*steps, ({"type": "reshape", "shape": kept}, {})]:
                mean = self.emit(f"{node.name}_mean", [mean], layer, {})
            source = self.emit(f"{node.name}_beside", [source, mean], {"type": "subtract"}, {})
            source = self.emit(f"{node.name}_squares", [source], {"type": "activation", "activation": {"expression": "x * x"}}, {})
        for layer, _ in steps:
            source = self.emit(node.name, [source], layer, {})
        options = dict(node.kwargs)
        if len(node.args) > 2 and isinstance(node.args[2], bool) and "keepdim" in options:
            options["unbiased"] = node.args[2]
        unbiased = bool(options.get("unbiased", True)) and int(options.get("correction", 1) or 0) == 1  # type: ignore[call-overload]
        factor = count if name == "sum" else count / (count - 1) if unbiased else 1
        if factor != 1:
            source = self.emit(node.name, [source], {"type": "rescaling", "scale": factor}, {})
        if name == "std":
            source = self.emit(node.name, [source], {"type": "activation", "activation": {"expression": "sqrt(x)"}}, {})
        return source

    def formula(self, node: fx.Node, name: str) -> str:
        if name in _FORMULAS:
            return _FORMULAS[name]
        options = {**dict(zip(("exponent",) if name == "pow" else ("max",) if name == "clamp_max" else ("min", "max"), node.args[1:])), **node.kwargs}
        numbers = {key: value for key, value in options.items() if value is not None}
        if not numbers or not all(isinstance(value, (int, float)) for value in numbers.values()):
            raise Unsupported(f"{name} with what is no number")
        if name == "pow":
            return f"x^({numbers['exponent']})"
        low = f"max(x, {numbers['min']})" if "min" in numbers else "x"
        return f"min({low}, {numbers['max']})" if "max" in numbers else low

    def copies(self, node: fx.Node, name: str, source: str, shape: List[int]) -> None:
        """Copies along an axis, one after another; of every element by itself where it is repeat_interleave."""
        after = self.shape(node)
        if len(after) != len(shape):
            raise Unsupported("copies along a new axis; give it with unsqueeze before")
        for axis, (n, to) in enumerate(zip(shape, after)):
            apart = name == "repeat_interleave" and n > 1 and to > n
            here = [*after[:axis], *shape[axis:]]
            if apart:
                source = self.emit(name, [source], {"type": "reshape", "shape": [*here[: axis + 1], 1, *here[axis + 1 :]]}, {})
            source = self.copied(node, source, axis + int(apart), to // n)
            if apart:
                source = self.emit(name, [source], {"type": "reshape", "shape": [*here[:axis], to, *here[axis + 1 :]]}, {})
        self.made[node] = _Made(source)

    def copied(self, node: fx.Node, source: str, axis: int, count: int) -> str:
        while count > 1:
            most = next((k for k in range(min(count, _MOST), 1, -1) if count % k == 0), None)
            if most is None:
                raise Unsupported(f"{count} copies along an axis; {_MOST}, or a product of such numbers, can be expressed")
            source = self.emit(node.name, [source] * most, {"type": "concatenate", "axis": axis}, {})
            count //= most
        return source

    def gated(self, node: fx.Node, source: str, shape: List[int]) -> None:
        """F.glu: the first half times the sigmoid of the second."""
        axis = int(node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", -1)) % (len(shape) + 1)  # type: ignore[arg-type]
        half = shape[axis - 1] // 2
        first = self.emit("glu", [source], {"type": "slice", "axis": axis - 1, "start": 0, "stop": half}, {})
        second = self.emit("glu_gate", [source], {"type": "slice", "axis": axis - 1, "start": half}, {})
        gate = self.emit("glu_sigmoid", [second], {"type": "activation", "activation": "sigmoid"}, {})
        self.made[node] = _Made(self.emit(node.name, [first, gate], {"type": "multiply"}, {}))

    def concatenate(self, node: fx.Node, name: str) -> None:
        parts = node.args[0] if node.args else node.kwargs["tensors"]
        axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", node.kwargs.get("axis", 0))
        axis = int(axis) % len(self.shapes[node])  # type: ignore[arg-type]
        if name == "stack" or axis == 0:
            raise Unsupported("stacking, or concatenating samples of the batch")
        made = [self.made.get(part) for part in parts]  # type: ignore[union-attr, arg-type]
        if axis == 1 and [one and one.kind for one in made] == ["ahead", "behind"] and made[0].layer == made[1].layer:  # type: ignore[union-attr]
            self.made[node] = self.last_state(made[0])  # type: ignore[arg-type]
            return
        token = None if made[0] is not None or len(made) != 2 else self.parameter(parts[0])  # type: ignore[index]
        if token is not None and axis == 1 and token.dim() == 3 and token.shape[1] == 1 and bool((token == token[:1]).all()):
            source = self.source(parts[1])  # type: ignore[index]
            self.made[node] = _Made(self.emit(node.name, [source], {"type": "class_token"}, {"token": token[0, 0]}))
            return
        sources = [self.source(part) for part in parts]  # type: ignore[union-attr]
        if len(sources) == 1:
            self.made[node] = self.made[parts[0]]  # type: ignore[index]
            return
        self.made[node] = _Made(self.emit(node.name, sources, {"type": "concatenate", "axis": axis - 1}, {}))

    def parameter(self, node: Any) -> Optional[torch.Tensor]:
        """The value of what is a parameter or a constant, reshaped or in part, or rows of a table at fixed places."""
        value = self.values.get(node) if isinstance(node, fx.Node) and node not in self.made else None
        if not isinstance(value, torch.Tensor):
            return None
        while node.op in ("call_function", "call_method") and _called(node) in _RESHAPES | _NOTHING | _EXPANSIONS:
            node = node.args[0]
        home = self.values[node]
        if node.op == "call_module":
            module = self.module.get_submodule(str(node.target))
            if not isinstance(module, nn.Embedding):
                return None
            home = module.weight
        elif node.op != "get_attr":
            return None
        is_parameter = isinstance(home, nn.Parameter)
        return nn.Parameter(value.detach(), requires_grad=home.requires_grad) if is_parameter else value.detach()

    def arithmetic(self, node: fx.Node, name: str) -> None:
        a, b = node.args[0], node.args[1]
        if self.is_tensor(a) and self.is_tensor(b):
            if name not in _MERGES:
                inverse = self.emit(f"{node.name}_inverse", [self.source(b)], {"type": "activation", "activation": {"expression": "1 / x"}}, {})
                self.made[node] = _Made(self.emit(node.name, [self.source(a), inverse], {"type": "multiply"}, {}))
                return
            self.made[node] = _Made(self.emit(node.name, [self.source(a), self.source(b)], {"type": _MERGES[name]}, {}))
            return
        tensor, other = (a, b) if self.is_tensor(a) else (b, a)
        source, shape = self.source(tensor), self.shape(tensor)  # type: ignore[arg-type]
        weight = self.parameter(other)
        number = self.shapes.get(other) if isinstance(other, fx.Node) and weight is None else other
        kind = _MERGES.get(name, name)
        if weight is not None:
            layer = self.weighted(kind, weight, shape)
        elif isinstance(number, (int, float)) and (kind, number) in (("add", 0), ("multiply", 1)):
            self.made[node] = self.made[tensor]  # type: ignore[index]
            return
        elif isinstance(number, (int, float)) and kind == "subtract" and tensor is b:
            layer = ({"type": "rescaling", "scale": -1, "offset": number}, {})
        elif isinstance(number, (int, float)) and (tensor is a or kind in ("add", "multiply")):
            scale = {"multiply": number, "truediv": 1 / number if number else 0, "div": 1 / number if number else 0}.get(kind, 1)
            offset = {"add": number, "subtract": -number}.get(kind, 0)
            layer = ({"type": "rescaling", "scale": scale, "offset": offset}, {})
        elif isinstance(number, (int, float)) and kind in ("truediv", "div"):
            layer = ({"type": "activation", "activation": {"expression": f"{number} / x"}}, {})
        else:
            raise Unsupported("arithmetic with what is neither a layer's output, nor a parameter, nor a number")
        self.chain(node, node.name, source, [layer])

    def weighted(self, kind: str, weight: torch.Tensor, shape: List[int]) -> Tuple[Dict[str, Any], Dict[str, torch.Tensor]]:
        trained = isinstance(weight, nn.Parameter)
        sizes = list(weight.shape)
        while sizes and sizes[0] == 1 and len(sizes) > len(shape):
            sizes = sizes[1:]
        frozen = not trained or not weight.requires_grad
        if kind == "add" and frozen and sizes == shape and len(shape) == 2:
            if torch.allclose(weight.reshape(shape).cpu(), _sinusoids(*shape), atol=1e-5):
                return {"type": "positional_embedding", "kind": "sinusoidal"}, {}
        if kind == "add" and trained and len(shape) == 2 and sizes == shape:
            return {"type": "positional_embedding"}, {"table": weight.reshape(shape)}
        features = [shape[0], 1, 1] if len(shape) == 3 else [shape[-1]]
        if kind == "multiply" and trained and sizes in (features, [1] * (len(shape) - 1) + [shape[-1]]) and len(shape) != 3 or (
            kind == "multiply" and trained and sizes == features):  # fmt: skip
            return {"type": "layer_scale"}, {"gamma": weight.reshape(-1)}
        raise Unsupported(f"{kind} of a {'parameter' if trained else 'constant'} {list(weight.shape)} and a tensor {shape}; there are "
                          "positional_embedding (added to [time, features]) and layer_scale (multiplied, one a feature)")  # fmt: skip

    # Recurrent layers and attention give tuples

    def getitem(self, node: fx.Node) -> None:
        value, index = node.args[0], node.args[1]
        if not self.is_tensor(value):
            return  # of a shape: its value is known
        made = self.made[value]  # type: ignore[index]
        if made.layer == "?":
            self.made[node] = made
            return
        recurrent = made.of
        both = any(layer["name"] == made.layer for layer in self.layers) and self.named(made.layer)["type"] == "bidirectional"
        if made.kind == "pair":
            if index == 0:
                self.made[node] = _Made(made.layer, recurrent, "tensor", made.parts)
                # The last step of both directions is not the last state of both: the one backwards has just begun.
                if recurrent is not None and (both or not all(self.is_last_step(user) for user in node.users)):
                    self.take(made, "sequence")
            elif recurrent is not None:
                # h_n of GRU and RNN, (h_n, c_n) of LSTM.
                self.made[node] = _Made(made.layer, recurrent, "states" if recurrent["type"] != "lstm" else "all_states", made.parts)
            else:
                raise Unsupported("the weights of attention")
        elif made.kind == "all_states" and index == 0:
            self.made[node] = _Made(made.layer, recurrent, "states", made.parts)
        elif made.kind == "states" and both and index in (-2, -1):
            self.made[node] = _Made(made.layer, recurrent, "ahead" if index == -2 else "behind", made.parts)
        elif made.kind == "states" and not both and index == -1:
            self.made[node] = self.last_state(made)
        elif made.kind == "tensor" and recurrent is not None and "sequence" not in made.parts and self.is_last_step(node):
            self.made[node] = self.last_state(made)
        elif made.kind == "parts" and isinstance(index, int):
            self.part_of_several(node, value, index, made)  # type: ignore[arg-type]
        elif made.kind in ("tensor", "mask"):
            self.part(node, self.source(value), index)
        else:
            raise Unsupported("this state; the last one of a recurrent layer can be expressed, of both directions torch.cat([h[-2], h[-1]], 1)")

    def last_state(self, made: _Made) -> _Made:
        assert made.of is not None
        made.of["return_sequences"] = False
        self.take(made, "last")
        return _Made(made.layer)

    @staticmethod
    def take(made: _Made, what: str) -> None:
        made.parts.add(what)
        if made.parts >= {"sequence", "last"}:
            raise Unsupported("a recurrent layer of which both all steps and the last state are used; nearest: out[:, -1]")

    def part_of_several(self, node: fx.Node, several: fx.Node, index: int, made: _Made) -> None:
        """Of chunk, split and unbind."""
        assert made.of is not None
        axis = made.of["axis"]
        if axis == 0:
            raise Unsupported("parts of the batch")
        whole = len(self.shape(several.args[0])) + 1  # type: ignore[arg-type]
        sizes = [x.shape[axis] if x.dim() == whole else 1 for x in self.values[several]]
        k = index % len(sizes)
        layer = {"type": "slice", "axis": axis - 1, "start": sum(sizes[:k]), "stop": sum(sizes[: k + 1])}
        self.chain(node, node.name, made.layer, [(layer, {})])
        self.shaped(node, len(self.shape(node)) + 1 != whole)

    def shaped(self, node: fx.Node, changed: bool) -> None:
        """Axes that are left out or added behind a slice."""
        if changed:
            self.chain(node, node.name, self.made[node].layer, [({"type": "reshape", "shape": self.shape(node)}, {})])

    def part(self, node: fx.Node, source: str, index: Any) -> None:
        index = index if isinstance(index, tuple) else (index,)
        rank = len(self.shape(node.args[0])) + 1  # type: ignore[arg-type]
        if ... in index:
            at = index.index(...)
            index = (*index[:at], *[slice(None)] * (rank - sum(i is not None for i in index) + 1), *index[at + 1 :])
        if not index or index[0] != slice(None) or not all(i is None or isinstance(i, (int, slice)) or _is_one(i) for i in index):
            raise Unsupported("a part of a tensor other than by numbers and slices of axes behind the batch")
        layers: Layers = []
        for axis, i in enumerate(i for i in index if i is not None):
            if isinstance(i, list):
                i = i[0]
            if isinstance(i, int):
                i = slice(i, None if i == -1 else i + 1)
            if i != slice(None):
                start, step = i.start or 0, i.step or 1
                layers.append(({"type": "slice", "axis": axis - 1, "start": start, "stop": i.stop, "step": step}, {}))
        self.chain(node, node.name, source, layers)
        self.shaped(node, any(i is None or isinstance(i, int) for i in index))

    @staticmethod
    def is_last_step(node: fx.Node) -> bool:
        if node.op != "call_function" or node.target is not operator.getitem:
            return False
        index = node.args[1]
        whole = slice(None)
        return isinstance(index, tuple) and len(index) >= 2 and index[:2] == (whole, -1) and all(i == whole for i in index[2:])


def _inputs(names: Sequence[str], samples: Sequence[torch.Tensor]) -> Dict[str, Any]:
    def one(x: torch.Tensor) -> Dict[str, Any]:
        token = {} if x.is_floating_point() else {"dtype": "token"}
        return {"shape": list(x.shape[1:]), **token}

    if len(samples) == 1:
        return {"input": one(samples[0])}
    return {"inputs": {name: one(x) for name, x in zip(names, samples)}}


def from_torch(model: nn.Module, sample_input: Union[torch.Tensor, Sequence[torch.Tensor]], client: Optional["Client"] = None,
               criterion: Union[nn.Module, Sequence[nn.Module], None] = None) -> Network:  # fmt: skip
    """
    The network as the service's JSON, with its weights (which are copied).

    :param sample_input: a batch (or several, of a model with several inputs), for the shapes; tokens as whole numbers
    :param client: what cannot be expressed without it is exported to ONNX, which the service imports: it knows more operators
    :param criterion: the loss module, such as ``nn.CrossEntropyLoss()``, which becomes the ``training`` of the network;
        of a model with several outputs a list of them, whose losses are added
    :raises CannotConvert: names everything that cannot be expressed, with the line of code
    """
    samples = (sample_input,) if isinstance(sample_input, torch.Tensor) else tuple(sample_input)
    network = _network(model, samples, client)
    if criterion is None:
        return network
    try:
        training, told = training_of(criterion) if isinstance(criterion, nn.Module) else joint_of(criterion)
    except Unsupported as problem:
        raise CannotConvert([f"criterion: {problem}"]) from problem
    return replace(network, training=training, warnings=(*network.warnings, *told))


def _network(model: nn.Module, samples: Tuple[torch.Tensor, ...], client: Optional["Client"]) -> Network:
    with Untouched(model, training=False), torch.no_grad():
        try:
            return _traced(model, samples)
        except CannotConvert as problem:
            if client is None:
                raise CannotConvert([*problem.problems, _HINT]) from problem.__cause__
            try:
                network, weights, warnings = imported(model, samples, client)
            except NotImported as other:
                raise CannotConvert([*problem.problems, *(f"of its ONNX file: {one}" for one in other.problems)]) from other
            told = "it comes by way of its ONNX file, after whose operators the layers are named"
            held = sum(p.numel() for p in model.parameters())
            copies = sum(w.numel() for name, w in weights.items() if "/moving_" not in name) > held
            return Network(network, weights, (told, *(_shared(model) if copies else []), *warnings))


_HINT = "with client=gradclinic.Client() the service reads the ONNX file of the model, which may do: it knows more operators"


def _shared(model: nn.Module, known: Set[int] = frozenset()) -> List[str]:  # type: ignore[assignment]
    """Parameters that several modules hold. :param known: those that are one parameter in the network, too"""
    homes: Dict[int, List[str]] = {}
    for place, module in model.named_modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                homes.setdefault(id(parameter), []).append(f"{place}.{name}" if place else name)
    return [f"{' and '.join(names)} are one parameter: it becomes copies, trained apart" for key, names in homes.items()
            if len(names) > 1 and key not in known]  # fmt: skip


def _traced(model: nn.Module, samples: Sequence[torch.Tensor]) -> Network:
    flat = [k for k, sample in enumerate(samples) if sample.dim() < 2]
    if flat:
        raise CannotConvert([f"input {k + 1}: it has no axis behind the batch; give one, as in x[:, None]" for k in flat])
    try:
        nodes, tracer = trace_calls(model, samples)
    except Exception as error:  # whatever the user's code raises when it meets a symbol instead of a tensor
        raise CannotConvert([f"{type(error).__name__}: {error}{_where(error)}"]) from error
    return _build(model, nodes, tracer, samples)


def _where(error: BaseException) -> str:
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(OWN):
            place = f" [{file}, line {trace.tb_lineno}]"
        trace = trace.tb_next
    return place


def _end(builder: _Builder, given: Any) -> Optional[str]:
    """The layer that the network ends in: of several tensors, in a tuple, a list or a dictionary, one that puts them side by side."""
    if isinstance(given, Mapping):
        names, ends = [str(key) for key in given], list(given.values())
    else:
        ends = list(given) if isinstance(given, (tuple, list)) else [given]
        names = [str(place) for place in range(len(ends))]
    # (logits, None): a loss that nobody asked for.
    there = [(name, end) for name, end in zip(names, ends) if end is not None]
    if not there:
        builder.problems.append("output: there is none")
        return None
    layers = []
    for name, end in there:
        place = f"output {name}" if len(there) > 1 else "output"
        if not isinstance(end, fx.Node) or (end in builder.made and builder.made[end].kind != "tensor"):
            builder.problems.append(f"{place}: it is no tensor of a layer; give each tensor by itself, in one tuple or dictionary")
        elif end not in builder.made:
            builder.problems.append(f"{place}: it does not depend on the input")
        else:
            layers.append(builder.made[end].layer)
    if len(there) == 1 or builder.problems:
        return layers[0] if layers else None
    builder.warnings.append(f"the outputs are {', '.join(name for name, _ in there)}, in this order: the loss is \"joint\", and the targets of a "
                            "sample are those of each, one after another in one list")  # fmt: skip
    return builder.emit("outputs", layers, {"type": "outputs"}, {})


def _build(model: nn.Module, nodes: Sequence[fx.Node], tracer: Tracer, samples: Sequence[torch.Tensor]) -> Network:
    builder = _Builder(model, tracer, samples[0].shape[0])
    places = [node for node in nodes if node.op == "placeholder"][: len(samples)]
    for node in places:
        name = "input" if len(samples) == 1 else str(node.target)
        builder.names.add(name)
        builder.made[node] = _Made(name)
    for node in nodes:
        builder.visit(node)
    end = next(node for node in nodes if node.op == "output").args[0]
    last = _end(builder, end)
    layers = [] if builder.problems or last is None else builder.finish(last)
    if builder.problems:
        raise CannotConvert(builder.problems)
    kept = {layer["name"] for layer in layers}
    weights = {name: value.detach().clone().contiguous() for name, value in builder.weights.items()
               if name.split("/")[0] in kept}  # fmt: skip
    return Network({**_inputs([str(p.target) for p in places], samples), "layers": layers}, weights, (*_shared(model, builder.tied), *builder.warnings))
