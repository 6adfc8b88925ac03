"""Numbers of tensors, in double precision where squares would leave the range of float32."""
from __future__ import annotations

import math
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import torch
from torch import nn

_ROWS, _FEATURES = 64, 4096
#: A unit is saturated when it is so on at least this fraction of the samples.
_SATURATED_ON = 0.95


def norm(x: torch.Tensor) -> torch.Tensor:
    """L2 norm as a float64 scalar on the tensor's device (float32 on devices that lack float64)."""
    x = x.detach()
    if x.is_sparse:
        x = x.coalesce().values()
    if x.device.type == "mps":
        return torch.linalg.vector_norm(x.float())
    # float32 is fast; only what leaves its range is summed again in float64.
    fast = torch.linalg.vector_norm(x if x.dtype in (torch.float32, torch.float64) else x.float())
    if x.dtype == torch.float64:
        return fast
    value = float(fast)
    if (value > 1e-16 and math.isfinite(value)) or x.numel() == 0:
        return fast.double()
    return torch.linalg.vector_norm(x.double())


def rms(x: torch.Tensor) -> float:
    return float(norm(x)) / math.sqrt(max(1, x.numel()))


def total_norm(gradients: Iterable[Optional[torch.Tensor]]) -> float:
    """L2 norm of all gradients together."""
    present = [g.detach() for g in gradients if g is not None]
    if not present:
        return 0.0
    dense = [g for g in present if not g.is_sparse and g.dtype == torch.float32]
    if len(dense) == len(present) and hasattr(torch, "_foreach_norm") and len({g.device for g in dense}) == 1:
        norms = torch.stack(torch._foreach_norm(dense))
        # The sum over the tensors in float64: only a single tensor's norm can still leave the range.
        value = float(torch.linalg.vector_norm(norms if norms.device.type == "mps" else norms.double()))
        if math.isfinite(value) and value > 1e-16:
            return value
    return math.sqrt(sum(float(norm(g)) ** 2 for g in present))


def effective_rank(outputs: torch.Tensor) -> float:
    """
    Participation ratio (sum of eigenvalues)^2 / (sum of their squares) of X X', not centred, of up to 64 rows.

    Of sequences [samples, time, features], the mean over samples of that of their time steps.
    Source: Gao & Ganguli 2015.
    """
    x = outputs.detach().double() if outputs.device.type != "mps" else outputs.detach().float()
    groups = x[:_ROWS] if x.dim() == 3 and x.shape[1] > 1 else x[:_ROWS].flatten(1).unsqueeze(0)
    if groups.shape[1] > _ROWS:
        groups = groups[:, :: groups.shape[1] // _ROWS][:, :_ROWS]
    if groups.shape[2] > _FEATURES:
        groups = groups[:, :, :: math.ceil(groups.shape[2] / _FEATURES) | 1]
    gram = groups @ groups.transpose(1, 2)
    squares = gram.square().sum((1, 2))
    ratios = gram.diagonal(dim1=1, dim2=2).sum(1).square() / squares
    return float(ratios.mean())


class UnitCounter:
    """Which units of a layer were exactly 0 everywhere, and which saturated on nearly all samples."""

    def __init__(self, dead: bool, bounds: Optional[Tuple[float, float]]) -> None:
        self.can_die, self.bounds = dead, bounds
        self.alive: Optional[torch.Tensor] = None
        self.saturated: Optional[torch.Tensor] = None
        self.positions = 0

    def add(self, out: torch.Tensor, axis: int) -> None:
        units = out.detach().movedim(axis, -1).flatten(0, -2)
        alive = (units != 0).any(0)
        self.alive = alive if self.alive is None else self.alive | alive
        self.positions += units.shape[0]
        if self.bounds is not None:
            low, high = self.bounds
            count = ((units <= low) | (units >= high)).sum(0)
            self.saturated = count if self.saturated is None else self.saturated + count

    def result(self) -> Dict[str, Optional[int]]:
        alive = self.alive if self.alive is not None else torch.zeros(1, dtype=torch.bool)
        many = None
        if self.saturated is not None:
            many = int((self.saturated >= _SATURATED_ON * self.positions).sum())
        return {
            "units": alive.numel(),
            "dead_units": int((~alive).sum()) if self.can_die else None,
            "saturated_units": many,
        }


class Untouched:
    """
    Context in which a model can be run without leaving a trace: modes, buffers, gradients and random state are put back
    bit for bit.

    :param training: the mode in between
    """

    def __init__(self, model: nn.Module, training: bool) -> None:
        self.model, self.training = model, training

    def __enter__(self) -> None:
        self.modes: List[Tuple[nn.Module, bool]] = [(m, m.training) for m in self.model.modules()]
        self.buffers = [(b, b.detach().clone()) for b in self.model.buffers()]
        self.random = torch.get_rng_state()
        self.device_random = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        if self.training:
            return
        for module, _ in self.modes:
            module.training = False

    def __exit__(self, *_: object) -> None:
        for module, mode in self.modes:
            module.training = mode
        with torch.no_grad():
            for buffer, old in self.buffers:
                buffer.copy_(old)
        torch.set_rng_state(self.random)
        if self.device_random is not None:
            torch.cuda.set_rng_state_all(self.device_random)


def constant_loss(criterion: object, targets: Sequence[torch.Tensor]) -> Optional[float]:
    """Loss of the best prediction that ignores the input, where the loss is known: cross-entropies, MSE, MAE."""
    if not targets:
        return None
    name = getattr(criterion, "__name__", type(criterion).__name__)
    plain = not isinstance(criterion, nn.Module) or (
        getattr(criterion, "weight", None) is None
        and getattr(criterion, "pos_weight", None) is None
        and getattr(criterion, "reduction", "mean") == "mean"
        and getattr(criterion, "label_smoothing", 0) == 0
    )
    y = torch.cat([t.reshape(len(t), -1) if t.dim() > 1 else t.reshape(-1, 1) for t in targets])
    if not plain:
        return None
    if name in ("CrossEntropyLoss", "cross_entropy", "NLLLoss", "nll_loss") and not y.is_floating_point():
        y = y.flatten()
        ignored = getattr(criterion, "ignore_index", -100)
        shares = torch.bincount(y[(y != ignored) & (y >= 0)]).double()
        shares = shares[shares > 0] / shares.sum()
        value = float(-(shares * shares.log()).sum())
    elif name in ("MSELoss", "mse_loss"):
        value = float(y.double().var(0, unbiased=False).mean())
    elif name in ("L1Loss", "l1_loss"):
        value = float((y.double() - y.double().median(0).values).abs().mean())
    elif name in ("BCEWithLogitsLoss", "BCELoss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
        p = y.double().mean(0).clamp(1e-12, 1 - 1e-12)
        value = float(-(p * p.log() + (1 - p) * (1 - p).log()).mean())
    else:
        return None
    return value if value > 1e-12 and math.isfinite(value) else None
