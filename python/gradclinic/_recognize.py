"""
Modules with code of their own that do what one layer of the service does: attention, recurrent layers with masks, means of
what is not masked. Nothing is concluded from names: a module is such a layer if, at random inputs and masks, it gives the
numbers that the layer's formula gives with the module's own weights. Noise of the training alone goes by names, since in
inference it gives its input.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import torch
from torch import nn

from ._modules import Tensors, recurrent_layer

#: Of the largest output. Both sides count in float32.
_TOLERANCE = 1e-5
_NAMES = ("query", "key", "value", "output")
_Linear = Tuple[torch.Tensor, Optional[torch.Tensor]]


@dataclass(frozen=True)
class Recognized:
    layer: Dict[str, Any]
    weights: Tensors
    #: Which of the sequences given to the module are the layer's inputs, in the layer's order.
    inputs: Tuple[int, ...] = (0,)
    #: Whether the mask that it is given is true at what is hidden, instead of at what counts.
    mask_hides: bool = False
    #: Whether the module gives other numbers in training, as with dropout inside, which the layer does not have.
    differs_in_training: bool = False


Candidate = Tuple[Recognized, Callable[[], torch.Tensor]]


def _same(a: Any, b: torch.Tensor) -> bool:
    fits = isinstance(a, torch.Tensor) and a.shape == b.shape and bool(b.isfinite().all())
    return fits and float((a - b).abs().max()) <= _TOLERANCE * float(b.abs().max())


# Attention


def _linears(module: nn.Module) -> List[List[_Linear]]:
    """The projections of query, key, value and output in every order that is possible."""
    own = [m for m in module.modules() if isinstance(m, nn.Linear)]
    if {id(p) for m in own for p in m.parameters()} != {id(p) for p in module.parameters()}:
        return []
    pairs: List[_Linear] = [(m.weight, m.bias) for m in own]
    if len(own) == 4:
        return [list(order) for order in permutations(pairs)]
    if len(own) != 2 or own[0].out_features != 3 * own[0].in_features:
        return []
    bias = own[0].bias
    biases = [None] * 3 if bias is None else bias.chunk(3)
    return [[*order, pairs[1]] for order in permutations(list(zip(own[0].weight.chunk(3), biases)))]


def _attend(projections: Sequence[_Linear], sequences: Sequence[torch.Tensor], heads: int, causal: bool,
            mask: Optional[torch.Tensor]) -> torch.Tensor:  # fmt: skip
    """softmax(q kT / sqrt(features / heads)) v; what is masked has no weight. Vaswani et al. 2017, section 3.2."""
    def split(x: torch.Tensor, linear: _Linear) -> torch.Tensor:
        y = nn.functional.linear(x, *linear)
        return y.view(*y.shape[:2], heads, -1).transpose(1, 2)

    q, k, v = (split(x, linear) for x, linear in zip(sequences, projections))
    scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[2:], device=scores.device).triu(1).bool(), float("-inf"))
    if mask is not None:
        hidden = scores.isinf() | ~mask[:, None, None, :]
        scores = scores.masked_fill(hidden, -1e30).softmax(-1).masked_fill(hidden, 0)
    else:
        scores = scores.softmax(-1)
    return nn.functional.linear((scores @ v).transpose(1, 2).flatten(2), *projections[3])


def _attentions(module: nn.Module, x: Sequence[torch.Tensor], mask: Optional[torch.Tensor]) -> Iterator[Candidate]:
    if not 1 <= len(x) <= 3 or any(one.dim() != 3 for one in x):
        return
    # (query, value, key) is the order of the layer's inputs; PyTorch's is query, key, value.
    orders = {1: [(0, 0, 0)], 2: [(0, 1, 1)], 3: [(0, 1, 2), (0, 2, 1)]}[len(x)]
    features = x[0].shape[-1]
    heads = [h for h in range(1, features + 1) if features % h == 0]
    said = {value for value in vars(module).values() if isinstance(value, int)}
    heads.sort(key=lambda h: h not in said)
    for projections, h, causal, (q, k, v) in product(_linears(module), heads, (False, True), orders):
        sizes = zip(projections, (x[q], x[k], x[v], x[q]))
        if any(weight.shape != (features, one.shape[-1]) for (weight, _), one in sizes):
            continue
        if len({bias is None for _, bias in projections}) > 1 or (causal and x[q].shape[1] != x[k].shape[1]):
            continue
        layer: Dict[str, Any] = {"type": "self_attention" if len(x) == 1 else "multi_head_attention", "heads": h}
        layer.update({"causal": True} if causal else {})
        weights = {f"{name}/kernel": weight.t() for name, (weight, _) in zip(_NAMES, projections)}
        if projections[0][1] is None:
            layer["use_bias"] = False
        weights.update({f"{name}/bias": bias for name, (_, bias) in zip(_NAMES, projections) if bias is not None})
        inputs = {1: (0,), 2: (q, v), 3: (q, v, k)}[len(x)]
        given = (projections, [x[q], x[k], x[v]], h, causal, mask)
        yield Recognized(layer, weights, inputs), lambda given=given: _attend(*given)  # type: ignore[misc]


# Recurrent layers


def _through_time(rnn: Any, x: torch.Tensor, mask: Optional[torch.Tensor]) -> torch.Tensor:
    """All states; a masked step keeps the one before."""
    linear = nn.functional.linear
    own, more = (rnn.bias_ih_l0, rnn.bias_hh_l0) if rnn.bias else (None, None)
    h = c = x.new_zeros(len(x), rnn.hidden_size)
    states = []
    for t in range(x.shape[1]):
        a, b = linear(x[:, t], rnn.weight_ih_l0, own), linear(h, rnn.weight_hh_l0, more)
        new_c = c
        if rnn.mode == "LSTM":
            i, f, g, o = (a + b).chunk(4, -1)
            new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            new_h = o.sigmoid() * new_c.tanh()
        elif rnn.mode == "GRU":
            (r, z, n), (h_r, h_z, h_n) = a.chunk(3, -1), b.chunk(3, -1)
            z = (z + h_z).sigmoid()
            new_h = z * h + (1 - z) * (n + (r + h_r).sigmoid() * h_n).tanh()
        else:
            new_h = (a + b).relu() if "RELU" in rnn.mode else (a + b).tanh()
        counts = torch.ones_like(h[:, :1], dtype=torch.bool) if mask is None else mask[:, t, None]
        h, c = torch.where(counts, new_h, h), torch.where(counts, new_c, c)
        states.append(h)
    return torch.stack(states, 1)


_MERGES: Dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "concatenate": lambda a, b: torch.cat([a, b], -1), "add": torch.add, "multiply": torch.mul,
    "average": lambda a, b: (a + b) / 2,
}  # fmt: skip


def _recurrences(module: nn.Module, x: Sequence[torch.Tensor], mask: Optional[torch.Tensor]) -> Iterator[Candidate]:
    own: List[Any] = [m for m in module.modules() if isinstance(m, nn.RNNBase)]
    plain = all(m.num_layers == 1 and not m.bidirectional and not getattr(m, "proj_size", 0) for m in own)
    if len(own) not in (1, 2) or not plain or len(x) != 1 or x[0].dim() != 3:
        return
    if {id(p) for m in own for p in m.parameters()} != {id(p) for p in module.parameters()}:
        return
    if any(m.input_size != x[0].shape[-1] for m in own):
        return
    ahead = _through_time(own[0], x[0], mask)
    for sequences in (True, False):
        inner, weights = recurrent_layer(own[0], "_l0", sequences)
        if len(own) == 1:
            yield Recognized(inner, weights), lambda s=sequences: ahead if s else ahead[:, -1]  # type: ignore[misc]
            continue
        other, weights_behind = recurrent_layer(own[1], "_l0", sequences)
        if inner != other:
            return
        behind = _through_time(own[1], x[0].flip(1), None if mask is None else mask.flip(1))
        a, b = (ahead, behind.flip(1)) if sequences else (ahead[:, -1], behind[:, -1])
        both = {**{f"forward/{k}": v for k, v in weights.items()}, **{f"backward/{k}": v for k, v in weights_behind.items()}}
        for merge, merged in _MERGES.items():
            layer = {"type": "bidirectional", "layer": inner, "merge": merge}
            yield Recognized(layer, both), lambda m=merged, a=a, b=b: m(a, b)  # type: ignore[misc]


# Over what is not masked


def _pools(module: nn.Module, x: Sequence[torch.Tensor], mask: Optional[torch.Tensor]) -> Iterator[Candidate]:
    if mask is None or len(x) != 1 or x[0].dim() != 3 or next(module.parameters(), None) is not None:
        return
    kept = mask.unsqueeze(2)
    yield Recognized({"type": "global_average_pool1d"}, {}), lambda: (x[0] * kept).sum(1) / kept.sum(1)
    yield Recognized({"type": "global_max_pool1d"}, {}), lambda: x[0].masked_fill(~kept, float("-inf")).amax(1)


# Noise of the training, of which nothing is seen in inference

_NOISES = {"DropPath": "drop_path", "StochasticDepth": "drop_path", "GaussianNoise": "gaussian_noise"}


def _noise(module: nn.Module) -> Optional[Recognized]:
    """These alone go by the names that timm, torchvision and Keras give them."""
    kind = _NOISES.get(type(module).__name__)
    words = ("stddev", "std", "sigma") if kind == "gaussian_noise" else ("rate", "drop_prob", "p")
    value = next((getattr(module, word) for word in words if isinstance(getattr(module, word, None), (int, float))), None)
    if kind is None or value is None or getattr(module, "mode", "row") != "row":
        return None
    return Recognized({"type": kind, "stddev" if kind == "gaussian_noise" else "rate": value}, {})


def _has_core(module: nn.Module) -> bool:
    """Whether a module inside has all the weights: what acts in training only, such as dropout behind it, is then a layer of its own."""
    own = {id(p) for p in module.parameters()}
    inside = (m for m in module.modules() if m is not module and not isinstance(m, nn.RNNBase))
    return bool(own) and any({id(p) for p in m.parameters()} == own for m in inside)


def _trained(module: nn.Module, call: Callable[[], Any]) -> Any:
    """What it gives in training. The modes are put back; buffers are by the caller, as in all that is traced."""
    modes = [(one, one.training) for one in module.modules()]
    try:
        for one, _ in modes:
            one.training = True
        return call()
    finally:
        for one, mode in modes:
            one.training = mode


def recognize(module: nn.Module, forward: Callable[..., Any], args: Sequence[Any],
              kwargs: Mapping[str, Any]) -> Optional[Recognized]:  # fmt: skip
    """:param args: what the module is given in the sample; kinds and shapes are kept, the numbers are not"""
    noise = _noise(module)
    if noise is not None and len(args) == 1 and not kwargs and isinstance(args[0], torch.Tensor):
        x = torch.randn(args[0].shape, device=args[0].device)
        return noise if _same(forward(x), x) else None
    given = [*args, *kwargs.values()]
    if not given or not all(isinstance(one, torch.Tensor) for one in given):
        return None
    floats, masks = [one for one in given if one.is_floating_point()], [one for one in given if one.dtype == torch.bool]
    if len(floats) + len(masks) < len(given) or len(masks) > 1 or any(mask.dim() != 2 for mask in masks):
        return None
    probe: Dict[int, torch.Tensor] = {id(one): torch.randn_like(one) for one in floats}
    for one in masks:
        probe[id(one)] = torch.rand(one.shape, device=one.device) < 0.5
        probe[id(one)][:, 0], probe[id(one)][:, -1] = True, False  # of either kind no sequence is empty
    # What is given twice is one sequence.
    x, mask = list({id(one): probe[id(one)] for one in floats}.values()), next((probe[id(one)] for one in masks), None)
    makers = [make for make in (_attentions, _recurrences, _pools) if next(make(module, x, mask), None) is not None]
    if not makers:
        return None
    def call() -> Any:
        return forward(*(probe[id(one)] for one in args), **{key: probe[id(one)] for key, one in kwargs.items()})

    out = call()
    for make, hides in product(makers, (False,) if mask is None else (False, True)):
        counts = None if mask is None else mask ^ hides
        for found, y in make(module, x, counts):
            if _same(out, y()):
                differs = not _same(_trained(module, call), y())
                return None if differs and _has_core(module) else replace(found, mask_hides=hides, differs_in_training=differs)
    return None
