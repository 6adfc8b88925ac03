"""The calls of a model by torch.fx, each with the value that it gives for the sample: sizes are numbers, not symbols."""
from __future__ import annotations

import inspect
import linecache
import os
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import torch
from torch import fx, nn

from ._recognize import Recognized, recognize

OWN = (os.path.dirname(torch.__file__) + os.sep, os.path.dirname(__file__) + os.sep, "<")


class _Proxy(fx.Proxy):
    """A tensor that knows its sizes: code that depends on them, and on nothing else, is traced."""

    @property
    def _value(self) -> Any:
        return self.tracer.values[self.node]  # type: ignore[attr-defined]

    @property
    def shape(self) -> Any:
        return self._value.shape

    @property
    def ndim(self) -> int:
        return int(self._value.dim())

    @property
    def dtype(self) -> Any:
        return self._value.dtype

    @property
    def device(self) -> Any:
        return self._value.device

    @property
    def is_nested(self) -> bool:
        return bool(self._value.is_nested)

    @property
    def is_cuda(self) -> bool:
        return bool(self._value.is_cuda)

    @property
    def requires_grad(self) -> bool:
        return bool(self._value.requires_grad)

    def size(self, dim: Optional[int] = None) -> Any:
        return self._value.size() if dim is None else self._value.size(dim)

    def dim(self) -> int:
        return int(self._value.dim())

    def numel(self) -> int:
        return int(self._value.numel())

    def is_floating_point(self) -> bool:
        return bool(self._value.is_floating_point())

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self._value, (tuple, list)):
            return iter([self[i] for i in range(len(self._value))])
        raise fx.proxy.TraceError("a tensor is iterated over, or unpacked; that cannot be traced")


class Tracer(fx.Tracer):
    """Attributes of the model are left as they were: see `trace_calls`."""

    def __init__(self, samples: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.samples = [x.clone() for x in samples]  # steps in place would change the caller's
        self.values: Dict[fx.Node, Any] = {}
        self.lines: Dict[fx.Node, str] = {}
        #: Calls of modules with code of their own that do what one layer does.
        self.recognized: Dict[fx.Node, Recognized] = {}
        self.running = False
        self.attributes: Dict[int, str] = {}
        self.seen: Dict[str, fx.Proxy] = {}

    def is_leaf_module(self, m: nn.Module, qualified_name: str) -> bool:
        containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.TransformerEncoder, nn.TransformerEncoderLayer,
                      nn.TransformerDecoder, nn.TransformerDecoderLayer)  # fmt: skip
        return m.__module__.startswith("torch.nn") and not isinstance(m, containers)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def run(self, call: Callable[[], Any]) -> Any:
        """With real tensors, of which nothing is written down."""
        before, self.running = self.running, True
        try:
            return call()
        finally:
            self.running = before

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        if self.running:
            return forward(*args, **kwargs)
        name = self.path_of_module(m)
        given = [a for a in (*args, *kwargs.values()) if a is not None]
        if not self.is_leaf_module(m, name) and given and all(isinstance(a, fx.Proxy) for a in given):
            found = self.run(lambda: recognize(m, forward, [self.values[a.node] for a in args if a is not None],
                                               {key: self.values[a.node] for key, a in kwargs.items() if a is not None}))  # fmt: skip
            if found is not None:
                proxy = self.create_proxy("call_module", name, args, kwargs)
                self.recognized[proxy.node] = found
                return proxy
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: Dict[str, Any]) -> Any:
        """Parameters and buffers that the model's own code uses are nodes, so that what is made of them is known."""
        name = None if self.running else self.attributes.get(id(attr_val))
        if name is None:
            return attr_val
        if name not in self.seen:
            self.seen[name] = self.create_proxy("get_attr", name, (), {})
        return self.seen[name]

    _module_getattr = getattr  # its name before PyTorch 1.13

    def value(self, node: fx.Node) -> Any:
        args, kwargs = (fx.node.map_arg(given, lambda n: self.values[n]) for given in (node.args, node.kwargs))
        if node.op == "placeholder":
            place = sum(other.op == "placeholder" for other in self.graph.nodes) - 1
            return self.samples[place] if place < len(self.samples) else next(iter(args), None)
        if node.op == "get_attr":
            found: Any = self.root
            for part in str(node.target).split("."):
                found = getattr(found, part)
            return found
        if node.op == "call_module":
            return self.root.get_submodule(str(node.target))(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        assert callable(node.target)
        return node.target(*args, **kwargs)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        if node.op != "output":
            self.values[node] = self.run(lambda: self.value(node))
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(OWN):
            frame = frame.f_back  # type: ignore[assignment]
        if frame is not None:
            file, line = frame.f_code.co_filename, frame.f_lineno
            self.lines[node] = f" [{file}, line {line}: {linecache.getline(file, line).strip()}]"
        return node


def _defaults(model: nn.Module, given: int) -> Dict[str, Any]:
    """Arguments of `forward` beyond the given ones, at their defaults: code that asks whether they are None goes the usual way."""
    others = list(inspect.signature(model.forward).parameters.values())[given:]
    return {one.name: one.default for one in others
            if one.kind is one.POSITIONAL_OR_KEYWORD and one.default is not one.empty}  # fmt: skip


def trace_calls(model: nn.Module, samples: Sequence[torch.Tensor]) -> Tuple[List[fx.Node], Tracer]:
    """
    The calls in their order. What the model's code sets as attributes meanwhile, and constants that fx keeps in it, are gone
    afterwards.
    """
    tracer = Tracer(samples)
    # A second module with the same parameter has the first one's name.
    for name, tensor in (*model.named_buffers(), *model.named_parameters()):
        tracer.attributes[id(tensor)] = name
    before = [(module, dict(module.__dict__), dict(module._buffers)) for module in model.modules()]
    try:
        graph = tracer.trace(model, concrete_args=_defaults(model, len(samples)) or None)
    finally:
        for module, attributes, buffers in before:
            module.__dict__.clear()
            module.__dict__.update(attributes)
            module._buffers.clear()
            module._buffers.update(buffers)
    return list(graph.nodes), tracer
