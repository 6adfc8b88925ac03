"""A network in PyTorch as one of the service: traced by torch.fx, layer by layer, with its weights."""
from __future__ import annotations

import base64
import linecache
import operator
import os
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple, Union

import torch
from torch import fx, nn

from ._layers import ACTIVATIONS
from ._measure import Untouched
from ._modules import Layers, Unsupported, global_pooling, layers_of, pooling
from ._safetensors import encode


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

    def safetensors(self) -> bytes:
        return encode(self.weights)

    def initial_weights(self) -> Dict[str, str]:
        """For ``training.initial_weights`` of small networks; large ones are uploaded: client.upload(self.safetensors())."""
        return {"encoding": "safetensors", "data": base64.b64encode(self.safetensors()).decode()}

    def experiment(self, data: Mapping[str, Any], training: Mapping[str, Any], **more: Any) -> Dict[str, Any]:
        """To be submitted; the training starts from these weights."""
        weights = {"initial_weights": self.initial_weights()}
        return {"network": self.network, "data": dict(data), "training": {**weights, **training}, **more}


_OWN = (os.path.dirname(torch.__file__) + os.sep, os.path.dirname(__file__) + os.sep, "<")


class _Proxy(fx.Proxy):
    def __iter__(self) -> Iterator[Any]:
        """Unpacks what gives pairs: recurrent layers, attention, the two states of an LSTM."""
        node, tracer = self.node, self.tracer
        of = node.args[0] if node.op == "call_function" and node.target is operator.getitem and node.args[1] == 1 else node
        if isinstance(of, fx.Node) and of.op == "call_module":
            module = tracer.root.get_submodule(str(of.target))
            if isinstance(module, nn.LSTM if of is not node else (nn.RNNBase, nn.MultiheadAttention)):
                return iter((self[0], self[1]))
        raise fx.proxy.TraceError("a tensor is iterated over, or unpacked; that cannot be traced")


class _Tracer(fx.Tracer):
    def __init__(self) -> None:
        super().__init__()
        self.lines: Dict[fx.Node, str] = {}

    def is_leaf_module(self, m: nn.Module, qualified_name: str) -> bool:
        containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
        return m.__module__.startswith("torch.nn") and not isinstance(m, containers)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_OWN):
            frame = frame.f_back  # type: ignore[assignment]
        if frame is not None:
            file, line = frame.f_code.co_filename, frame.f_lineno
            self.lines[node] = f" [{file}, line {line}: {linecache.getline(file, line).strip()}]"
        return node


class _Shapes(fx.Interpreter):
    """Runs the graph and keeps every tensor's shape, and every other value."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: Dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        is_tensor = isinstance(value, torch.Tensor)
        self.values[n] = tuple(value.shape) if is_tensor else value
        return value


@dataclass
class _Made:
    """What a node became: the layer that gives it; or the sequence or last state of a recurrent one."""

    layer: str
    of: Optional[Dict[str, Any]] = None
    kind: str = "tensor"  # tensor, pair, states, all_states
    parts: Set[str] = field(default_factory=set)


_MERGES = {"add": "add", "iadd": "add", "add_": "add", "sub": "subtract", "isub": "subtract", "mul": "multiply",
           "imul": "multiply", "mul_": "multiply", "maximum": "maximum"}  # fmt: skip
_RESHAPES = frozenset(["flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten"])
_NOTHING = frozenset(["contiguous", "float", "clone", "to", "identity"])


class _Builder:
    def __init__(self, module: fx.GraphModule, shapes: Dict[fx.Node, Any], batch: int, lines: Mapping[str, str]) -> None:
        self.lines = lines
        self.module, self.shapes, self.batch = module, shapes, batch
        self.layers: List[Dict[str, Any]] = []
        self.weights: Dict[str, torch.Tensor] = {}
        self.made: Dict[fx.Node, _Made] = {}
        self.problems: List[str] = []
        self.warnings: List[str] = []
        self.called: Set[str] = set()
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
        swap = {"type": "permute", "dims": [2, 1]}
        twice = next((one for one in self.layers if layer == swap and [one["name"]] == list(sources)), None)
        if twice is not None and {**twice, **swap} == twice:
            return str(twice["inputs"][0])  # back to what was swapped
        given = self._free(name)
        self.layers.append({**layer, "name": given, "inputs": list(sources)})
        self.weights.update({f"{given}/{key}": value for key, value in weights.items()})
        return given

    def chain(self, node: fx.Node, name: str, source: str, layers: Layers) -> None:
        for layer, weights in layers:
            source = self.emit(name, [source], layer, weights)
        last = self.layers[-1] if layers else None
        recurrent = last is not None and "return_sequences" in last
        self.made[node] = _Made(source, last if recurrent else None, "pair" if recurrent else "tensor")

    def finish(self, end: str) -> List[Dict[str, Any]]:
        """Without what the output does not need, and without inputs that say what holds anyway."""
        used, kept = {end}, []
        for layer in reversed(self.layers):
            if layer["name"] in used:
                used.update(layer["inputs"])
                kept.insert(0, layer)
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
        if made.kind != "tensor":
            raise Unsupported("the state of a recurrent layer other than its last one")
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
            self.problems.append(f"{self.describe(node)}: {problem}{self.lines.get(node.name, '')}")
            # What follows is looked at all the same, so that everything is named at once.
            self.made[node] = _Made("?")

    def describe(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return f"{node.target} ({type(self.module.get_submodule(str(node.target))).__name__})"
        return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))

    def call_module(self, node: fx.Node) -> None:
        name = str(node.target)
        module = self.module.get_submodule(name)
        has_weights = next(module.parameters(), None) is not None
        if name in self.called and has_weights:
            self.warnings.append(f"{name} is called twice: its weights become two copies, trained apart")
        self.called.add(name)
        source = self.source(node.args[0])
        shape = self.shape(node.args[0])  # type: ignore[arg-type]
        if isinstance(module, (nn.Flatten, nn.Unflatten)):
            return self.reshape(node)
        if isinstance(module, nn.Identity):
            self.made[node] = self.made[node.args[0]]  # type: ignore[index]
            return None
        if isinstance(module, nn.MultiheadAttention):
            if any(argument is not node.args[0] for argument in node.args[1:3]):
                raise Unsupported("attention of one sequence to another; nearest: the layer multi_head_attention")
            if set(node.kwargs) - {"need_weights", "average_attn_weights"}:
                raise Unsupported(f"attention with {', '.join(node.kwargs)}; nearest: self_attention with causal")
            self.chain(node, name, source, layers_of(module, shape))
            self.made[node].kind = "pair"
            return None
        if isinstance(module, nn.RNNBase) and len(node.args) > 1:
            raise Unsupported("an initial state; it is zero in the service")
        layers = layers_of(module, shape)
        if layers[0][0]["type"] == "activation" and self.fuse(node.args[0], layers[0][0]["activation"]):
            self.made[node] = _Made(source)
            return None
        return self.chain(node, name, source, layers)

    def fuse(self, before: Any, activation: Any) -> bool:
        """An activation that alone follows a layer with weights is that layer's own."""
        last = self.layers[-1] if self.layers else {}
        fits = last.get("type") in ("dense", "conv2d", "conv2d_transpose") and "activation" not in last
        if not fits or len(before.users) != 1 or self.made[before].layer != last["name"]:
            return False
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
        name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
        args, kwargs = node.args, node.kwargs
        if name == "getitem":
            return self.getitem(node)
        if not isinstance(self.shapes.get(node), tuple) or not any(self.is_tensor(a) for a in node.all_input_nodes):
            return None  # a size, a number: its value is known
        if name in ("getattr", "size"):
            return None
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
        elif name in ("mean", "amax"):
            self.reduce(node, name, source, shape)
        elif name == "log_softmax":
            raise Unsupported("log_softmax; leave it out: the loss softmax_cross_entropy takes the numbers before it")
        else:
            raise Unsupported("the service has no layer for it")
        return None

    def activation(self, node: fx.Node, name: str, source: str) -> None:
        word: Any = ACTIVATIONS[name]
        kwargs = dict(node.kwargs)
        kwargs.pop("inplace", None)
        if name == "softmax":
            axis = node.args[1] if len(node.args) > 1 else kwargs.get("dim")
            if axis not in (-1, len(self.shapes[node]) - 1):
                raise Unsupported(f"softmax over axis {axis}; it has to be the last one")
        elif name == "gelu" and kwargs.pop("approximate", "none") == "tanh":
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
        if axes == [2, 3] and rank == 4:
            layers: Layers = [({"type": f"global_{word}_pool2d"}, {})]
        elif axes == [1] and rank == 3:
            layers = [({"type": f"global_{word}_pool1d"}, {})]
        elif axes == [2] and rank == 3:
            layers = [({"type": "permute", "dims": [2, 1]}, {}), ({"type": f"global_{word}_pool1d"}, {})]
        else:
            raise Unsupported(f"{name} over the axes {axes} of {rank}; over all positions of images or sequences it is global pooling")
        if keep:
            layers.append(({"type": "reshape", "shape": self.shape(node)}, {}))
        self.chain(node, name, source, layers)

    def concatenate(self, node: fx.Node, name: str) -> None:
        parts = node.args[0] if node.args else node.kwargs["tensors"]
        axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", node.kwargs.get("axis", 0))
        axis = int(axis) % len(self.shapes[node])  # type: ignore[arg-type]
        if name == "stack" or axis == 0:
            raise Unsupported("stacking, or concatenating samples of the batch")
        sources = [self.source(part) for part in parts]  # type: ignore[union-attr]
        self.made[node] = _Made(self.emit(node.name, sources, {"type": "concatenate", "axis": axis - 1}, {}))

    def parameter(self, node: Any) -> Optional[torch.Tensor]:
        if not isinstance(node, fx.Node) or node.op != "get_attr":
            return None
        value: Any = self.module
        for part in str(node.target).split("."):
            value = getattr(value, part)
        return value if isinstance(value, torch.Tensor) else None

    def arithmetic(self, node: fx.Node, name: str) -> None:
        a, b = node.args[0], node.args[1]
        if self.is_tensor(a) and self.is_tensor(b):
            if name not in _MERGES:
                raise Unsupported("the quotient of two tensors")
            self.made[node] = _Made(self.emit(node.name, [self.source(a), self.source(b)], {"type": _MERGES[name]}, {}))
            return
        tensor, other = (a, b) if self.is_tensor(a) else (b, a)
        source, shape = self.source(tensor), self.shape(tensor)  # type: ignore[arg-type]
        weight = self.parameter(other)
        number = self.shapes.get(other) if isinstance(other, fx.Node) and weight is None else other
        kind = _MERGES.get(name, name)
        if weight is not None:
            layer = self.weighted(kind, weight, shape)
        elif isinstance(number, (int, float)) and (tensor is a or kind in ("add", "multiply")):
            scale = {"multiply": number, "truediv": 1 / number if number else 0, "div": 1 / number if number else 0}.get(kind, 1)
            offset = {"add": number, "subtract": -number}.get(kind, 0)
            layer = ({"type": "rescaling", "scale": scale, "offset": offset}, {})
        else:
            raise Unsupported("arithmetic with what is neither a layer's output, nor a parameter, nor a number")
        self.chain(node, node.name, source, [layer])

    def weighted(self, kind: str, weight: torch.Tensor, shape: List[int]) -> Tuple[Dict[str, Any], Dict[str, torch.Tensor]]:
        trained = isinstance(weight, nn.Parameter)
        sizes = list(weight.shape)
        while sizes and sizes[0] == 1 and len(sizes) > len(shape):
            sizes = sizes[1:]
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
        if made.kind == "pair":
            if index == 0:
                self.made[node] = _Made(made.layer, recurrent, "tensor", made.parts)
                if recurrent is not None and not all(self.is_last_step(user) for user in node.users):
                    made.parts.add("sequence")
            elif recurrent is not None:
                # h_n of GRU and RNN, (h_n, c_n) of LSTM.
                self.made[node] = _Made(made.layer, recurrent, "states" if recurrent["type"] != "lstm" else "all_states", made.parts)
            else:
                raise Unsupported("the weights of attention")
        elif made.kind == "all_states" and index == 0:
            self.made[node] = _Made(made.layer, recurrent, "states", made.parts)
        elif recurrent is not None and (made.kind == "states" and index == -1 or self.is_last_step(node)):
            made.parts.add("last")
            recurrent["return_sequences"] = False
            self.made[node] = _Made(made.layer)
        else:
            raise Unsupported("a part of a tensor; of recurrent layers the last step is `return_sequences: false`")
        if made.parts >= {"sequence", "last"}:
            raise Unsupported("a recurrent layer of which both all steps and the last one are used")

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


def from_torch(model: nn.Module, sample_input: Union[torch.Tensor, Sequence[torch.Tensor]]) -> Network:
    """
    The network as the service's JSON, with its weights (which are copied).

    :param sample_input: a batch (or several, of a model with several inputs), for the shapes; tokens as whole numbers
    :raises CannotConvert: names everything that cannot be expressed, with the line of code
    """
    samples = (sample_input,) if isinstance(sample_input, torch.Tensor) else tuple(sample_input)
    with Untouched(model, training=False), torch.no_grad():
        try:
            tracer = _Tracer()
            traced = fx.GraphModule(model, tracer.trace(model))
        except Exception as error:  # whatever the user's code raises when it meets a symbol instead of a tensor
            raise CannotConvert([f"{type(error).__name__}: {error}{_where(error)}"]) from error
        run = _Shapes(traced)
        run.run(*samples)
        return _build(traced, run.values, samples, {node.name: line for node, line in tracer.lines.items()})


def _where(error: BaseException) -> str:
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(_OWN):
            place = f" [{file}, line {trace.tb_lineno}]"
        trace = trace.tb_next
    return place


def _build(traced: fx.GraphModule, shapes: Dict[fx.Node, Any], samples: Sequence[torch.Tensor],
           lines: Mapping[str, str]) -> Network:  # fmt: skip
    builder = _Builder(traced, shapes, samples[0].shape[0], lines)
    nodes = list(traced.graph.nodes)
    places = [node for node in nodes if node.op == "placeholder"][: len(samples)]
    for node in places:
        name = "input" if len(samples) == 1 else str(node.target)
        builder.names.add(name)
        builder.made[node] = _Made(name)
    for node in nodes:
        builder.visit(node)
    end = next(node for node in nodes if node.op == "output").args[0]
    if not isinstance(end, fx.Node) or (end in builder.made and builder.made[end].kind != "tensor"):
        builder.problems.append("output: more than one tensor; the service's networks have one output")
    if builder.problems:
        raise CannotConvert(builder.problems)
    layers = builder.finish(builder.made[end].layer)
    kept = {layer["name"] for layer in layers}
    weights = {name: value.detach().clone().contiguous() for name, value in builder.weights.items()
               if name.split("/")[0] in kept}  # fmt: skip
    return Network({**_inputs([str(p.target) for p in places], samples), "layers": layers}, weights, tuple(builder.warnings))
