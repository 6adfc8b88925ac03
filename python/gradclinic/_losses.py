"""A loss module of PyTorch as the service's `training`: its loss, what classes weigh, smoothed labels."""
from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from torch import nn

from ._modules import Unsupported


def training_of(criterion: nn.Module) -> Tuple[Dict[str, Any], List[str]]:
    """
    What the experiment's training says of the loss, and what has to be known of it.

    :raises Unsupported: where the service has no such loss, or none with these options
    """
    kind = type(criterion).__name__
    if getattr(criterion, "reduction", "mean") != "mean":
        raise Unsupported(f"{kind} with reduction={criterion.reduction!r}; the service takes the mean")
    convert = _KINDS.get(type(criterion))
    if convert is None:
        known = ", ".join(sorted(one.__name__ for one in _KINDS))
        raise Unsupported(f"{kind}: the service has no loss for it; known are {known}, and dice, iou and quantiles by their names")
    return convert(criterion)


def joint_of(criteria: Sequence[nn.Module]) -> Tuple[Dict[str, Any], List[str]]:
    """
    The same of several outputs, each with a loss module of its own; the losses are added.

    :raises Unsupported: where one of them is none of the service, or weighs its classes or smooths its labels
    """
    parts, told = [], []
    for place, criterion in enumerate(criteria):
        found, own = training_of(criterion)
        more = sorted(set(found) - {"loss"})
        if more:
            raise Unsupported(f"{type(criterion).__name__} of output {place} with {' and '.join(more)}, which losses of several outputs do not take")
        parts.append({"loss": found["loss"]})
        told += own
    if len(parts) < 2:
        raise Unsupported("a list of one criterion; give it by itself")
    return {"loss": {"type": "joint", "outputs": parts}}, told


def _plain(name: str) -> Any:
    def convert(criterion: Any) -> Tuple[Dict[str, Any], List[str]]:
        for option in ("weight", "pos_weight"):
            if getattr(criterion, option, None) is not None:
                raise Unsupported(f"{type(criterion).__name__} with {option}; of two classes the service weighs each: class_weights")
        return {"loss": name}, []

    return convert


def _classes(criterion: Any) -> Tuple[Dict[str, Any], List[str]]:
    if criterion.ignore_index >= 0:
        raise Unsupported(f"ignore_index={criterion.ignore_index}; give this class the weight 0: weight=torch.tensor([...])")
    found: Dict[str, Any] = {"loss": "softmax_cross_entropy"}
    if criterion.weight is not None:
        found["class_weights"] = [float(w) for w in criterion.weight]
    smoothing = getattr(criterion, "label_smoothing", 0.0)
    if smoothing:
        found["label_smoothing"] = smoothing
    if smoothing and criterion.weight is not None:
        raise Unsupported("label_smoothing with weights: PyTorch weighs the smoothed part of every class by itself")
    # Targets of PyTorch have the classes of time steps and pixels before their places; the service has them last.
    return found, []


def _log_classes(criterion: Any) -> Tuple[Dict[str, Any], List[str]]:
    found, _ = _classes(criterion)
    return found, ["NLLLoss reads log_softmax, which is left out at the end of the network: softmax_cross_entropy is both"]


def _huber(criterion: Any) -> Tuple[Dict[str, Any], List[str]]:
    if isinstance(criterion, nn.SmoothL1Loss):
        beta = float(getattr(criterion, "beta", 1.0))
        if beta != 1:
            raise Unsupported(f"SmoothL1Loss with beta={beta:g}, which is huber divided by beta; nearest: HuberLoss(delta={beta:g})")
        return {"loss": {"type": "huber", "delta": 1.0}}, []
    return {"loss": {"type": "huber", "delta": float(criterion.delta)}}, []


def _poisson(criterion: Any) -> Tuple[Dict[str, Any], List[str]]:
    if criterion.log_input or criterion.full:
        raise Unsupported("PoissonNLLLoss of logarithms, or in full; nearest: log_input=False behind softplus or exp")
    return {"loss": "poisson"}, []


_KINDS: Dict[type, Any] = {
    nn.MSELoss: _plain("mean_squared_error"),
    nn.L1Loss: _plain("mean_absolute_error"),
    nn.BCELoss: _plain("binary_cross_entropy"),
    nn.BCEWithLogitsLoss: _plain("sigmoid_cross_entropy"),
    nn.CrossEntropyLoss: _classes,
    nn.NLLLoss: _log_classes,
    nn.SmoothL1Loss: _huber,
    nn.HuberLoss: _huber,
    nn.PoissonNLLLoss: _poisson,
}
