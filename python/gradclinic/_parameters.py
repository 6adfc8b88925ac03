"""Every parameter of a model, with the layer that it counts to."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Set, Tuple

from torch import nn
from torch.nn.utils import parametrize

from ._layers import tensor_name, type_of

#: Hold parameters and are never called to give a layer's output.
_HOLDERS = (nn.ParameterList, nn.ParameterDict, nn.ModuleList, nn.ModuleDict, parametrize.ParametrizationList)


@dataclass(frozen=True)
class Owned:
    """A parameter: its name in the model, the module that counts for it, that one's name, the tensor's name there."""

    name: str
    parameter: nn.Parameter
    home: nn.Module
    layer: str
    tensor: str


@dataclass(frozen=True)
class Coverage:
    """How many of the trained numbers were measured together with the output of the layer that uses them."""

    trained: int
    seen: int
    frozen: int
    #: Names of trained parameters whose module gave no output in a recorded pass.
    unseen: Tuple[str, ...]

    @property
    def fraction(self) -> float:
        return self.seen / self.trained if self.trained else 1.0

    def __str__(self) -> str:
        text = f"{self.seen:,} of {self.trained:,} trained numbers seen ({self.fraction:.1%}), {self.frozen:,} frozen"
        return text + (f"; not seen: {', '.join(self.unseen[:8])}" if self.unseen else "")


def _is_held(module: nn.Module, parent: nn.Module) -> bool:
    return isinstance(module, _HOLDERS) or isinstance(parent, nn.MultiheadAttention)


def owned_parameters(model: nn.Module) -> List[Owned]:
    """All of `named_parameters`; shared ones once."""
    modules: Dict[str, nn.Module] = dict(model.named_modules(remove_duplicate=False))
    owned: List[Owned] = []
    taken: Set[Tuple[str, str]] = set()
    for name, parameter in model.named_parameters():
        parts = name.split(".")
        depth = len(parts) - 1
        while depth > 0:
            parent = modules[".".join(parts[: depth - 1])]
            if not _is_held(modules[".".join(parts[:depth])], parent):
                break
            depth -= 1
        home = modules[".".join(parts[:depth])]
        layer = ".".join(parts[:depth]) or "model"
        local = ".".join(parts[depth:])
        if local.startswith("parametrizations."):  # parametrizations.weight.original -> weight
            local = local.split(".")[1] if local.endswith(("original", "original0")) else local
        tensor = tensor_name(type_of(home), local, tuple(parameter.shape))
        if (layer, tensor) in taken:
            tensor = f"{local.replace('.', '/')}/{tensor.rpartition('/')[2]}"
        taken.add((layer, tensor))
        owned.append(Owned(name, parameter, home, layer[:190], tensor[:180]))
    return owned


def coverage(owned: List[Owned], seen: Set[str]) -> Coverage:
    """:param seen: names of the layers that gave an output"""
    trained = [one for one in owned if one.parameter.requires_grad]
    return Coverage(
        trained=sum(one.parameter.numel() for one in trained),
        seen=sum(one.parameter.numel() for one in trained if one.layer in seen),
        frozen=sum(one.parameter.numel() for one in owned if not one.parameter.requires_grad),
        unseen=tuple(one.name for one in trained if one.layer not in seen),
    )
