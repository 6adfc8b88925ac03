"""A full pass over data beside the training: units, ranks, classes, losses, the gradient's signal against its noise."""
from __future__ import annotations

import math
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

import torch
from torch import nn

from ._layers import DEAD, SATURATED
from ._measure import UnitCounter, Untouched, constant_loss, effective_rank
from ._watch import Call, Watch, tensors_in

#: Batches whose gradients are compared.
_NOISE_BATCHES = 8
_RANK_SAMPLES = 64

Criterion = Callable[..., torch.Tensor]


def split_batch(batch: Any) -> Tuple[Any, Any]:
    """(inputs, targets) of a batch; targets are None where it has none, or where it is a mapping that holds them."""
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return (batch[0] if len(batch) == 2 else tuple(batch[:-1])), batch[-1]
    if isinstance(batch, (tuple, list)):
        return batch[0], None
    return batch, batch.get("labels") if hasattr(batch, "get") else None


def predict(model: nn.Module, inputs: Any) -> Any:
    if hasattr(inputs, "keys"):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)


def loss_of(out: Any, target: Any, criterion: Optional[Criterion]) -> Optional[torch.Tensor]:
    own = getattr(out, "loss", None)
    if isinstance(own, torch.Tensor):
        return own
    return None if criterion is None or target is None else criterion(out, target)


class Inspection:
    """What one pass has found; see Recorder.inspect."""

    def __init__(self) -> None:
        self.loss: Optional[float] = None
        self.accuracy: Optional[float] = None
        self.constant_loss: Optional[float] = None
        self.input_rms: Optional[float] = None
        self.class_counts: Optional[List[int]] = None
        self.class_recall: Optional[List[float]] = None
        self.signal_to_noise: Optional[float] = None
        self.units: List[Dict[str, Any]] = []
        self.ranks: Dict[str, float] = {}


class _Classes:
    """Counts of classes, and how many of each were right."""

    def __init__(self) -> None:
        self.targets: List[torch.Tensor] = []
        self.right: List[torch.Tensor] = []

    def add(self, out: Any, target: Any) -> None:
        if not isinstance(target, torch.Tensor):
            return
        self.targets.append(target.detach().cpu())
        logits = next((t for t in tensors_in(getattr(out, "logits", out)) if t.is_floating_point()), None)
        if logits is None or target.is_floating_point() or target.dim() != 1:
            return
        if logits.dim() == 2 and len(logits) == len(target) and logits.shape[1] > 1:
            self.right.append((logits.argmax(1) == target).cpu())

    def into(self, found: Inspection, criterion: Optional[Criterion]) -> None:
        found.constant_loss = constant_loss(criterion, self.targets)
        if not self.right or len(self.right) != len(self.targets):
            return
        y, right = torch.cat(self.targets), torch.cat(self.right)
        if int(y.min()) < 0:
            return
        counts = torch.bincount(y)
        hits = torch.bincount(y[right], minlength=len(counts))
        found.class_counts = counts.tolist()
        found.class_recall = (hits.double() / counts.clamp(min=1)).tolist()
        found.accuracy = float(right.double().mean())


def inspect(model: nn.Module, owners: Dict[int, str], batches: Iterable[Any], criterion: Optional[Criterion],
            units: bool = True) -> Inspection:  # fmt: skip
    """In inference mode; the model is left bit for bit as it was. Batches go to the device of the parameters."""
    found, classes = Inspection(), _Classes()
    counters: Dict[str, UnitCounter] = {}
    samples: Dict[str, List[torch.Tensor]] = {}
    latest: Dict[str, Tuple[Call, torch.Tensor]] = {}

    def seen(call: Call, _raw: torch.Tensor, out: torch.Tensor) -> None:
        latest[call.name] = (call, out.detach())

    watch = Watch(model, owners, lambda _: units, seen)
    squares, numbers, losses, count = 0.0, 0, 0.0, 0
    with Untouched(model, training=False), torch.no_grad():
        watch.start()
        try:
            for batch in batches:
                inputs, target = split_batch(to_device(batch, model))
                watch.reset()
                latest.clear()
                out = predict(model, inputs)
                for x in tensors_in(inputs):
                    if x.is_floating_point():
                        squares += float(x.double().square().sum()) if x.device.type != "mps" else float(x.square().sum())
                        numbers += x.numel()
                loss = loss_of(out, target, criterion)
                size = len(next(iter(tensors_in(inputs)), [0]))
                if loss is not None:
                    losses, count = losses + float(loss.mean()) * size, count + size
                classes.add(out, target)
                _add(latest, counters, samples)
        finally:
            watch.stop()
    found.input_rms = math.sqrt(squares / numbers) if numbers else None
    found.loss = losses / count if count else None
    classes.into(found, criterion)
    found.units = [{"layer": name, **counter.result()} for name, counter in counters.items()]
    found.ranks = {name: effective_rank(torch.cat(rows)) for name, rows in samples.items()}
    return found


def _add(latest: Dict[str, Tuple[Call, torch.Tensor]], counters: Dict[str, UnitCounter],
         samples: Dict[str, List[torch.Tensor]]) -> None:  # fmt: skip
    for name, (call, out) in latest.items():
        if out.dim() < 2 or out.numel() == 0:
            continue
        activation = call.activation
        if activation in DEAD or activation in SATURATED:
            counter = counters.setdefault(name, UnitCounter(activation in DEAD, SATURATED.get(activation or "")))
            if counter.alive is None or counter.alive.numel() == out.shape[call.axis]:
                counter.add(out, call.axis)
        rows = samples.setdefault(name, [])
        room = _RANK_SAMPLES - sum(len(one) for one in rows)
        if room > 0 and all(one.shape[1:] == out.shape[1:] for one in rows):
            rows.append(out[:room].float().clone())


def to_device(batch: Any, model: nn.Module) -> Any:
    parameter = next(model.parameters(), None)
    if parameter is None:
        return batch
    if isinstance(batch, torch.Tensor):
        return batch.to(parameter.device)
    if isinstance(batch, (tuple, list)):
        return type(batch)(to_device(one, model) for one in batch)
    if hasattr(batch, "items"):
        return {key: to_device(one, model) for key, one in batch.items()}
    return batch


def signal_to_noise(model: nn.Module, batches: Iterable[Any], criterion: Optional[Criterion]) -> Optional[float]:
    """
    Squared norm of the mean gradient over its variance between up to 8 batches, both without bias, in training mode.
    Source: McCandlish et al. 2018, arXiv:1812.06162.

    :returns: None where there are fewer than 3 batches or no loss; inf where all gradients are equal
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    total: Optional[List[torch.Tensor]] = None
    squares, count = 0.0, 0
    with Untouched(model, training=True), torch.enable_grad():
        for batch in batches:
            inputs, target = split_batch(to_device(batch, model))
            loss = loss_of(predict(model, inputs), target, criterion)
            if loss is None or not loss.requires_grad:
                return None
            gradients = torch.autograd.grad(loss.mean(), parameters, allow_unused=True)
            dense = [torch.zeros_like(p) if g is None else g.detach() for g, p in zip(gradients, parameters)]
            squares += sum(float(g.double().square().sum()) for g in dense)
            total = dense if total is None else [a + b for a, b in zip(total, dense)]
            count += 1
            if count == _NOISE_BATCHES:
                break
    if total is None or count < 3:
        return None
    mean = sum(float(t.double().square().sum()) for t in total) / count**2
    noise = (squares - count * mean) / (count - 1)
    signal = mean - noise / count
    return math.inf if noise <= 1e-12 * abs(signal) else max(0.0, signal) / noise
