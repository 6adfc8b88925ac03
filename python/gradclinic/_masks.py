"""
Masks of padding. In the service they come from embeddings with `mask_zero` and go with the sequence; in PyTorch they are
arguments. Where both do not say the same, the network cannot be expressed.
"""
from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

_RECURRENT = frozenset(["simple_rnn", "lstm", "gru", "bidirectional"])
#: Their output has the steps of their input, and its mask.
_PASSING = frozenset([
    "activation", "add", "average", "batch_norm", "class_token", "concatenate", "dense", "drop_path", "dropout", "gaussian_noise",
    "layer_norm", "layer_scale", "maximum", "multi_head_attention", "multiply", "positional_embedding", "rescaling", "self_attention",
    "reverse", "slice", "stop_gradient", "subtract",
])  # fmt: skip
#: Their output depends on the mask.
_HEEDING = _RECURRENT | {"self_attention", "multi_head_attention", "global_average_pool1d", "global_max_pool1d", "batch_norm"}


def settle(layers: Sequence[Dict[str, Any]], masked: Mapping[str, str]) -> Tuple[List[str], bool]:
    """
    Sets `mask_zero` of embeddings.

    :param layers: in order, each with its inputs
    :param masked: layers that are given a mask, and the input of tokens that it is of
    :returns: problems, and whether the mask reaches the end
    """
    wanted = {masked[layer["name"]] for layer in layers if layer["name"] in masked}
    flows: Dict[str, bool] = {}
    by_name = {layer["name"]: layer for layer in layers}
    problems: List[str] = []
    for layer in layers:
        name, sources = layer["name"], layer["inputs"]
        layer = by_name[layer["layer"]] if layer["type"] == "shared" else layer
        kind = layer["type"]
        before = [flows.get(source, False) for source in sources]
        if kind == "embedding":
            if sources[0] in wanted:
                layer["mask_zero"] = True
            flows[name] = sources[0] in wanted
            continue
        comes = any(before[1:] if kind == "multi_head_attention" else before)
        if kind in _HEEDING and comes and name not in masked:
            problems.append(f"{name} ({kind}): padding is masked elsewhere and not here; give it the same mask")
        if name in masked and not comes:
            problems.append(f"{name} ({kind}): its mask is not that of its sequence, which comes from an embedding of the tokens")
        if kind in _RECURRENT:
            flows[name] = comes and layer.get("layer", layer)["return_sequences"]
        else:
            flows[name] = kind in _PASSING and (before[0] if kind == "multi_head_attention" else any(before))
    return problems, bool(layers) and flows[layers[-1]["name"]]
