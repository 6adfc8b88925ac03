"""Losses of the wire format: means over the batch and all other target positions."""

import math

import torch
import torch.nn.functional as F

from torch_masks import mean_over_kept
from torch_numbers import keep_clear

# Targets are class indices.
CLASSES = {"categorical_cross_entropy", "softmax_cross_entropy", "softmax_focal_cross_entropy"}
# Targets are 0 or 1.
BINARY = {"binary_cross_entropy", "sigmoid_cross_entropy", "hinge", "sigmoid_focal_cross_entropy", "dice", "sigmoid_dice", "iou", "sigmoid_iou"}


def loss_type(config):
    return config if isinstance(config, str) else config["type"]


def clipped(p):
    # Nearer to the bounds than this, float32 may clip where float64 does not.
    keep_clear(torch.log(p.detach()), [math.log(1e-7)], 0.3)
    keep_clear(torch.log1p(-p.detach().double().clamp(max=1 - 1e-12)), [math.log(1e-7)], 1.0)
    return p.clamp(1e-7, 1 - 1e-7)


def position_losses(config, prediction, targets):
    """The loss of every target position. Classes lie along the last axis of the prediction."""
    options = {"type": config} if isinstance(config, str) else config
    kind = options["type"]
    if kind in ("mean_absolute_error", "huber"):
        # The Huber loss has no kink, but keeping clear of where its formula changes costs nothing.
        size = options.get("delta", 1.0) if kind == "huber" else 0
        keep_clear((prediction - targets).detach().abs(), [size])
    if kind == "mean_squared_error":
        return F.mse_loss(prediction, targets, reduction="none")
    if kind == "mean_absolute_error":
        return F.l1_loss(prediction, targets, reduction="none")
    if kind == "huber":
        return F.huber_loss(prediction, targets, reduction="none", delta=options.get("delta", 1.0))
    if kind == "binary_cross_entropy":
        return F.binary_cross_entropy(clipped(prediction), targets, reduction="none")
    if kind == "sigmoid_cross_entropy":
        return F.binary_cross_entropy_with_logits(prediction, targets, reduction="none")
    if kind == "categorical_cross_entropy":
        return F.nll_loss(torch.log(clipped(prediction)).movedim(-1, 1), targets.long(), reduction="none")
    if kind == "softmax_cross_entropy":
        return F.cross_entropy(prediction.movedim(-1, 1), targets.long(), reduction="none")
    if kind == "poisson":
        return F.poisson_nll_loss(prediction, targets, log_input=False, eps=1e-7, reduction="none")
    if kind == "kl_divergence":
        p, t = clipped(prediction), targets.clamp(1e-7, 1)
        return F.kl_div(torch.log(p), t, reduction="none").sum(-1)
    if kind == "hinge":
        side = 2 * targets - 1
        keep_clear((side * prediction).detach(), [1])
        return F.relu(1 - side * prediction)
    if kind == "log_cosh":
        return torch.log(torch.cosh(prediction - targets))
    if kind == "sigmoid_focal_cross_entropy":
        # As torchvision has it.
        p, alpha = torch.sigmoid(prediction), options.get("alpha", None)
        right = p * targets + (1 - p) * (1 - targets)
        entropy = F.binary_cross_entropy_with_logits(prediction, targets, reduction="none")
        weight = 1 if alpha is None else alpha * targets + (1 - alpha) * (1 - targets)
        return weight * entropy * (1 - right) ** options.get("gamma", 2)
    if kind == "softmax_focal_cross_entropy":
        right = torch.softmax(prediction, -1).gather(-1, targets.long().unsqueeze(-1)).squeeze(-1)
        return -((1 - right) ** options.get("gamma", 2)) * right.log()
    if kind == "quantile":
        share, error = options.get("quantile", 0.5), targets - prediction
        keep_clear(error.detach(), [0])
        return torch.maximum(share * error, (share - 1) * error)
    if kind == "quantiles":
        shares = torch.tensor(options.get("quantiles", [0.1, 0.5, 0.9]), dtype=prediction.dtype)
        error = targets.unsqueeze(-1) - prediction.unflatten(-1, (-1, len(shares)))
        keep_clear(error.detach(), [0])
        return torch.maximum(shares * error, (shares - 1) * error)
    if kind == "joint":
        return joint_losses(options["outputs"], prediction, targets)
    if kind in ("dice", "sigmoid_dice", "iou", "sigmoid_iou"):
        return overlap_losses(kind, options, prediction, targets)
    raise ValueError(kind)


def joint_losses(outputs, prediction, targets):
    """One loss a sample: of the outputs side by side, each against its own columns of the targets."""
    at = given = 0
    total = 0
    for output in outputs:
        shape, kind = output["shape"], loss_type(output["loss"])
        size = math.prod(shape)
        own = prediction[:, at : at + size].reshape(-1, *shape)
        count = joint_targets(output)
        wanted = targets[:, given : given + count]
        if kind in CLASSES:
            wanted = wanted.reshape(-1, *shape[:-1])
        elif kind == "quantiles":
            wanted = wanted.reshape(-1, *shape[:-1], count // math.prod(shape[:-1]))
        else:
            wanted = wanted.reshape(-1, *shape)
        losses = position_losses(output["loss"], own, wanted)
        total = total + output.get("weight", 1) * losses.flatten(1).mean(1) if losses.dim() > 1 else total + output.get("weight", 1) * losses
        at, given = at + size, given + count
    return total


def joint_targets(output):
    """How many numbers of a sample's targets an output reads."""
    size, kind = math.prod(output["shape"]), loss_type(output["loss"])
    if kind in CLASSES:
        return size // output["shape"][-1]
    return size // len(output["loss"]["quantiles"]) if kind == "quantiles" else size


def overlap_losses(kind, options, prediction, targets):
    """One loss a sample: a mask for every channel of an image or feature of a sequence, else one."""
    smooth, weight = options.get("smooth", 1), options.get("cross_entropy", 0)
    p = torch.sigmoid(prediction) if kind.startswith("sigmoid") else prediction
    masks = [(p, targets)] if p.dim() == 2 else [(p.select(axis, i), targets.select(axis, i))
                                                 for axis in [-3 if p.dim() > 3 else -1] for i in range(p.shape[axis])]
    losses = []
    for q, t in masks:
        q, t = q.flatten(1), t.flatten(1)
        both = (q * t).sum(1)
        if kind.endswith("dice"):
            losses.append(1 - (2 * both + smooth) / (q.sum(1) + t.sum(1) + smooth))
        else:
            losses.append(1 - (both + smooth) / ((q + t - q * t).sum(1) + smooth))
    entropy = 0
    if weight and kind.startswith("sigmoid"):
        entropy = F.binary_cross_entropy_with_logits(prediction, targets, reduction="none").flatten(1).mean(1)
    elif weight:
        entropy = F.binary_cross_entropy(clipped(prediction), targets, reduction="none").flatten(1).mean(1)
    return sum(losses) / len(losses) + weight * entropy


def smoothed_losses(kind, prediction, targets, amount):
    """Cross-entropy with a share of the target spread over the classes; of yes and no, over both."""
    if kind in BINARY:
        of = F.binary_cross_entropy_with_logits if kind == "sigmoid_cross_entropy" else F.binary_cross_entropy
        return of(prediction, targets * (1 - amount) + amount / 2, reduction="none")
    if kind == "softmax_cross_entropy":
        return F.cross_entropy(prediction.movedim(-1, 1), targets.long(), reduction="none", label_smoothing=amount)
    one_hot = F.one_hot(targets.long(), prediction.shape[-1]).to(prediction.dtype)
    return -((one_hot * (1 - amount) + amount / prediction.shape[-1]) * torch.log(clipped(prediction))).sum(-1)


def data_loss(training, network, prediction, targets):
    if training.get("label_smoothing"):
        losses = smoothed_losses(training["loss"], prediction, targets, training["label_smoothing"])
    else:
        losses = position_losses(training["loss"], prediction, targets)
    if training.get("class_weights"):
        weights = torch.tensor(training["class_weights"], dtype=prediction.dtype)[targets.long()]
        weights = weights if network.mask is None else weights * network.mask
        return (losses * weights).sum() / weights.sum()
    return losses.mean() if network.mask is None else mean_over_kept(losses, network.mask)


def total_loss(training, network, prediction, targets):
    loss = data_loss(training, network, prediction, targets) + sum(network.penalties)
    loss = loss + sum(weight * data_loss(training, network, other, targets) for other, weight in network.judged)
    penalty = training.get("regularization")
    return loss + regularization(penalty, network.parameters) if penalty else loss


def regularization(penalty, parameters):
    l1, l2 = penalty.get("l1", 0), penalty.get("l2", 0)
    kernels = [value for name, value in parameters.items() if name.endswith("kernel")]
    if l1:
        for value in kernels:
            keep_clear(value.detach(), [0], 1e-4)
    return sum(l1 * value.abs().sum() + l2 * (value**2).sum() for value in kernels)
