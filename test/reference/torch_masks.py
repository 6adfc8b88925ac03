"""Masks: which time steps count, [batch, time], true where one does. None where all of them do."""

import torch

# Every time step stands for itself.
PASSING = {
    "auxiliary_loss",
    *("dense", "activation", "batch_norm", "layer_norm", "rms_norm", "rescaling", "layer_scale", "dropout"),
    *("spatial_dropout1d", "drop_path", "positional_embedding", "self_attention", "multi_head_attention"),
    *("time_distributed", "penalty", "stop_gradient"),
}
MERGING = {"add", "subtract", "multiply", "average", "maximum"}
RECURRENT = {"simple_rnn", "lstm", "gru", "bidirectional"}


def mask_after(layer, xs, masks, y):
    """The mask of what a layer gives for xs with these masks."""
    kind = layer.options["type"]
    if kind == "masking":
        return (xs[0] != layer.option("value", 0)).flatten(2).any(2)
    if kind == "embedding":
        return xs[0] != 0 if layer.option("mask_zero", False) else None
    if kind in PASSING:
        return masks[0]
    if kind in RECURRENT:
        return masks[0] if layer.options.get("layer", layer.options).get("return_sequences", False) else None
    if kind == "class_token" and masks[0] is not None:
        return torch.cat([torch.ones_like(masks[0][:, :1]), masks[0]], 1)
    if kind == "residual":
        return union([masks[0], layer.body_mask])
    if kind == "concatenate" and layer.option("axis", None) in (0, -2):
        return joined(xs, masks)
    if kind in MERGING or kind == "concatenate":
        # What has no time steps of its own has no say.
        return union([m for x, m in zip(xs, masks, strict=True) if x.shape[:2] == y.shape[:2] and x.dim() == y.dim()])
    return None


def union(masks):
    if not masks or any(mask is None for mask in masks):
        return None
    return torch.stack(masks).any(0)


def joined(xs, masks):
    if all(mask is None for mask in masks):
        return None
    ones = [torch.ones(x.shape[:2], dtype=torch.bool) for x in xs]
    return torch.cat([one if mask is None else mask for one, mask in zip(ones, masks, strict=True)], 1)


def over_kept(function, layer, x, mask):
    """A recurrent layer over the time steps of each sample that count, as if there were no others. Where every output is
    asked for, a masked step repeats the one before it; 0 before the first and where there is none."""
    if mask is None:
        return function(layer, x)
    # Also where no step is kept, the parameters are drawn.
    whole = torch.zeros_like(function(layer, x))
    rows = []
    for row, kept, zeros in zip(x, mask, whole, strict=True):
        if not kept.any():
            rows.append(zeros)
            continue
        y = function(layer, row[kept].unsqueeze(0)).squeeze(0)
        if zeros.dim() == 2:
            latest = torch.cumsum(kept.long(), 0) - 1
            y = torch.where((latest >= 0).unsqueeze(1), y[latest.clamp(min=0)], zeros)
        rows.append(y)
    return torch.stack(rows)


def hidden_keys(scores, *masks):
    """softmax(scores) [batch, heads, queries, keys] without the masked keys; 0 where a query has no key left."""
    hidden = torch.isinf(scores)
    for mask in masks:
        if mask is not None:
            hidden = hidden | ~mask[:, None, None, :]
    weights = torch.softmax(scores.masked_fill(hidden, -1e9), -1)
    return weights.masked_fill(hidden, 0)


def mean_over_kept(losses, mask):
    """Of losses [batch, time, …]; 0 where nothing counts."""
    kept = losses[mask]
    return kept.mean() if kept.numel() else losses.sum() * 0
