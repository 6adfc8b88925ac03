"""Sees what happens in a forward pass, without touching the model: hooks of all modules, and a mode of torch functions."""
from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from ._layers import ACTIVATIONS, channels_first, type_of


def tensors_in(value: Any) -> List[torch.Tensor]:
    """All tensors in tuples, lists, dicts and data classes."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, nn.utils.rnn.PackedSequence):
        return [value.data]
    if isinstance(value, dict) or hasattr(value, "items"):
        return [t for one in value.values() for t in tensors_in(one)]
    if isinstance(value, (tuple, list)):
        return [t for one in value for t in tensors_in(one)]
    return [t for one in vars(value).values() for t in tensors_in(one)] if hasattr(value, "__dataclass_fields__") else []


#: What leaves a layer's numbers in their order: what follows still follows that layer.
_SAME = frozenset(["view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "dropout", "log_softmax", "float",
                   "to", "type", "half", "bfloat16", "double"])  # fmt: skip


class Call:
    """One call of a module (or of an activation that follows no layer) in a forward pass."""

    def __init__(self, name: str, kind: str, module: Optional[nn.Module]) -> None:
        self.name, self.kind, self.module = name, kind, module
        self.activation: Optional[str] = None
        self.is_output = False
        self.shape: List[int] = [1]
        self.axis = -1
        #: Counts the tensors that stood for the output: the one after the activation is the last.
        self.version = 0


class _Functions(TorchFunctionMode):  # type: ignore[misc]
    def __init__(self, watch: "Watch") -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = ACTIVATIONS.get(getattr(func, "__name__", ""))
        given = args[0] if args else kwargs.get("input")
        clamped = getattr(func, "__name__", "") in ("clamp", "clamp_", "clamp_min", "clamp_min_")
        if clamped and (args[1:2] == (0,) or kwargs.get("min") == 0) and len(args) < 3 and kwargs.get("max") is None:
            name = "relu"
        source = self.watch.sources.get(id(given))
        out = func(*args, **kwargs)
        if source is not None and getattr(func, "__name__", "") in _SAME and isinstance(out, torch.Tensor):
            self.watch.sources.setdefault(id(out), (source[0], out))
        if name is not None and isinstance(out, torch.Tensor) and out.is_floating_point():
            self.watch.activated(name, source, given, out)
        return out


class Watch:
    """
    Of the calls of one model's modules, those between the outermost call and its end.

    The hooks are PyTorch's global ones: the model itself carries nothing, so that it can be saved and copied.

    :param wanted: whether a pass that begins with this module is to be seen
    :param seen: gets every output as it is and with the batch first, and again the one after the activation
    """

    def __init__(self, model: nn.Module, owners: Dict[int, str], wanted: Callable[[nn.Module], bool],
                 seen: Callable[[Call, torch.Tensor, torch.Tensor], None]) -> None:  # fmt: skip
        self.model = model
        #: `loss` of the model's last output in a training pass, where it has one.
        self.own_loss: Optional[torch.Tensor] = None
        self.names = {id(m): name for name, m in model.named_modules()}
        self.owners, self.wanted, self.seen = owners, wanted, seen
        self.calls: Dict[str, Call] = {}
        self.sources: Dict[int, Tuple[Call, torch.Tensor]] = {}
        self.inputs: List[torch.Tensor] = []
        self._stack: List[nn.Module] = []
        self._mode: Optional[_Functions] = None
        self._axes: Dict[int, int] = {}
        self._handles: List[Any] = []

    def start(self) -> None:
        self._handles = [
            hooks.register_module_forward_pre_hook(self._before),
            hooks.register_module_forward_hook(self._after),
        ]

    def stop(self) -> None:
        self._end()
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def reset(self) -> None:
        self.calls, self.sources, self.inputs = {}, {}, []

    def _end(self) -> None:
        if self._mode is not None:
            mode, self._mode = self._mode, None
            mode.__exit__(None, None, None)
        self._stack, self.sources = [], {}

    def _before(self, module: nn.Module, given: Any) -> None:
        if id(module) not in self.names:
            return
        if self._stack and module is self._stack[0]:
            self._end()  # the pass before ended by an exception
        if not self._stack:
            if not self.wanted(module):
                return
            self.inputs = [t for t in tensors_in(given) if t.is_floating_point()]
            self._mode = _Functions(self)
            self._mode.__enter__()
        self._stack.append(module)

    def _after(self, module: nn.Module, given: Any, out: Any) -> None:
        if module is self.model and torch.is_grad_enabled():
            loss = out.get("loss") if isinstance(out, dict) else getattr(out, "loss", None)
            self.own_loss = loss.detach() if isinstance(loss, torch.Tensor) else None
        if module not in self._stack:
            return
        while self._stack.pop() is not module:
            pass
        tensors = tensors_in(out)
        if id(module) in self.owners and tensors and tensors[0].is_floating_point():
            kind = type_of(module)
            call = self._new(self.owners[id(module)], kind, module)
            call.axis = 1 if channels_first(kind) else -1
            first = tensors[0]
            if isinstance(module, nn.RNNBase) and not module.batch_first and first.dim() == 3:
                first = first.transpose(0, 1)
            if isinstance(module, nn.MultiheadAttention) and not module.batch_first and first.dim() == 3:
                first = first.transpose(0, 1)
            if kind == "activation":
                call.activation = "prelu"
            if kind == "simple_rnn":
                call.activation = getattr(module, "nonlinearity", "tanh")
            self._take(call, tensors[0], first)
        if not self._stack:
            self._finish(tensors)

    def _finish(self, tensors: List[torch.Tensor]) -> None:
        ends = {id(self.sources[id(t)][0]) for t in tensors if id(t) in self.sources}
        for call in self.calls.values():
            call.is_output = id(call) in ends
        trained = [call for call in self.calls.values() if call.module is not None]
        if trained and not any(call.is_output for call in self.calls.values()):
            trained[-1].is_output = True
        self._end()

    def _new(self, name: str, kind: str, module: Optional[nn.Module]) -> Call:
        """Names of further calls of the same module end in #2, #3, ..."""
        full, count = name, 1
        while full in self.calls:
            count += 1
            full = f"{name}#{count}"
        self.calls[full] = Call(full, kind, module)
        return self.calls[full]

    def _take(self, call: Call, raw: torch.Tensor, out: torch.Tensor) -> None:
        call.version += 1
        shape = [max(1, size) for size in out.shape[1:]] or [1]
        call.shape = shape if len(shape) <= 4 else shape[:3] + [int(torch.Size(shape[3:]).numel())]
        self._axes[out.dim()] = call.axis
        self.sources[id(raw)] = (call, raw)
        self.seen(call, raw, out)

    def activated(self, name: str, source: Optional[Tuple[Call, torch.Tensor]], given: Any, out: torch.Tensor) -> None:
        """An activation counts to the layer whose output it takes; after a sum, a pooling, a view it is one of its own."""
        if not self._stack or (name == "prelu" and isinstance(self._stack[-1], nn.PReLU)):
            return
        if source is not None and source[0].activation is None:
            source[0].activation = name
            source[0].axis = -1 if out.dim() == 2 else source[0].axis
            self._take(source[0], out, out)
            return
        if name == "softmax":
            return  # weights of attention: no units
        top = self._stack[-1]
        place = self.names[id(top)] or "model"
        leaf = next(top.children(), None) is None and not top._parameters
        call = self._new(place if leaf else f"{place}/{name}", "activation", None)
        call.activation = name
        call.axis = self._axes.get(out.dim(), 1 if out.dim() == 4 else -1)
        self._take(call, out, out)
