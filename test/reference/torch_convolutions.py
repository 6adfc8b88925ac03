"""Convolution and pooling, over windows that are cut out by hand. Images are [batch, channels, height, width]."""

import torch
import torch.nn.functional as F

from torch_activations import activate, along_features
from torch_numbers import Margin, TooClose


def pair(value):
    """[height, width] of a number for both or of a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value, value]


def same_pads(size, window, stride, dilation=1):
    """(begin, end) for ceil(size/stride) windows, an odd pad at the end."""
    count = -(-size // stride)
    total = max((count - 1) * stride + (window - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def pad_image(x, padding, window, stride, dilation=(1, 1), value=0.0):
    """By name, or by numbers: one for all sides, [rows, columns], or [[top, bottom], [left, right]]."""
    if padding == "valid":
        return x
    if not isinstance(padding, str):
        (top, bottom), (left, right) = (pair(side) for side in pair(padding))
        return F.pad(x, (left, right, top, bottom), value=value)
    assert padding == "same", padding
    top, bottom = same_pads(x.shape[2], window[0], stride[0], dilation[0])
    left, right = same_pads(x.shape[3], window[1], stride[1], dilation[1])
    return F.pad(x, (left, right, top, bottom), value=value)


def windows(x, window, stride, dilation=(1, 1)):
    """[batch, channels, window positions in row-major order, rows out, columns out] of an image already padded."""
    rows, columns = (
        (size - (length - 1) * gap - 1) // step + 1
        for size, length, step, gap in zip(x.shape[2:], window, stride, dilation, strict=True)
    )
    shifted = []
    for i in range(window[0]):
        for j in range(window[1]):
            top, left = i * dilation[0], j * dilation[1]
            part = x[:, :, top : top + (rows - 1) * stride[0] + 1, left : left + (columns - 1) * stride[1] + 1]
            shifted.append(part[:, :, :: stride[0], :: stride[1]])
    return torch.stack(shifted, 2)


def convolve(x, kernel, stride=(1, 1), dilation=(1, 1), groups=1):
    """Cross-correlation of an image already padded with a kernel [out, in / groups, height, width]."""
    cut = windows(x, kernel.shape[2:], stride, dilation)
    batch, channels, positions, rows, columns = cut.shape
    grouped = cut.reshape(batch, groups, channels // groups, positions, rows, columns)
    kernels = kernel.reshape(groups, kernel.shape[0] // groups, channels // groups, positions)
    return torch.einsum("bgiprc,goip->bgorc", grouped, kernels).reshape(batch, -1, rows, columns)


def conv2d(layer, x):
    window, stride, dilation = (pair(layer.option(key, 1)) for key in ("kernel_size", "stride", "dilation"))
    groups = layer.option("groups", 1)
    kernel = layer.parameter("kernel", layer.options["filters"], x.shape[1] // groups, *window)
    padded = pad_image(x, layer.option("padding", "valid"), window, stride, dilation)
    y = convolve(padded, kernel, stride, dilation, groups)
    if layer.option("use_bias", True):
        y = y + along_features(y, layer.parameter("bias", layer.options["filters"]))
    return activate(layer, layer.option("activation", "linear"), y)


def as_row(x):
    """A sequence [batch, time, features] as an image of one row."""
    return x.transpose(1, 2).unsqueeze(2)


def conv1d(layer, x):
    window, stride, dilation = ([1, layer.option(key, 1)] for key in ("kernel_size", "stride", "dilation"))
    groups = layer.option("groups", 1)
    kernel = layer.parameter("kernel", layer.options["filters"], x.shape[2] // groups, window[1])
    padding = layer.option("padding", "valid")
    padded = pad_image(as_row(x), padding if isinstance(padding, str) else [0, pair(padding)], window, stride, dilation)
    y = convolve(padded, kernel.unsqueeze(2), stride, dilation, groups).squeeze(2).transpose(1, 2)
    if layer.option("use_bias", True):
        y = y + layer.parameter("bias", layer.options["filters"])
    return activate(layer, layer.option("activation", "linear"), y)


def pooled_windows(layer, x, outside):
    """Windows of a pooling layer; positions in the padding hold `outside`."""
    size = pair(layer.options["pool_size"])
    stride = pair(layer.option("stride", size))
    return windows(pad_image(x, layer.option("padding", "valid"), size, stride, value=outside), size, stride)


def max_pool2d(layer, x):
    cut = pooled_windows(layer, x, float("-inf"))
    keep_maxima_clear(cut.detach())
    # `argmax` gives the first of equal numbers.
    return cut.gather(2, cut.detach().argmax(2, keepdim=True)).squeeze(2)


def keep_maxima_clear(cut):
    """Equal maxima are exactly equal (zeros behind a relu, whole numbers), never nearly."""
    if cut.shape[2] == 1:
        return
    first, second = cut.topk(2, dim=2).values.unbind(2)
    gap = first - second
    if ((gap > 0) & (gap < Margin.value)).any():
        raise TooClose


def average_pool2d(layer, x):
    counts = pooled_windows(layer, torch.ones_like(x.detach()), 0.0).sum(2)
    return pooled_windows(layer, x, 0.0).sum(2) / counts


def global_average_pool1d(layer, x):
    if layer.masks[0] is None:
        return x.mean(1)
    return torch.stack([row[kept].sum(0) / kept.sum().clamp(min=1) for row, kept in zip(x, layer.masks[0], strict=True)])


def global_average_pool2d(_layer, x):
    return x.mean([2, 3])
