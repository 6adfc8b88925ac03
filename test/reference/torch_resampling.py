"""Layers with windows that PyTorch has itself: pooling over time, transposed and separable convolution, upsampling, padding.

Each calls PyTorch's own function; what PyTorch names in another way is put into its words here.
"""

import torch
import torch.nn.functional as F

from torch_activations import activate, along_features
from torch_convolutions import keep_maxima_clear, pad_image, pair, same_pads, windows


def ends(padding, axes):
    """[(before, after)] of each axis, from a number, from a pair, or from a pair of pairs."""
    if isinstance(padding, int):
        return [(padding, padding)] * axes
    if axes == 1:
        return [tuple(padding)]
    return [(side, side) if isinstance(side, int) else tuple(side) for side in padding]


def pad(x, padding, value=0.0):
    """Channels first; PyTorch wants the last axis first."""
    sides = ends(padding, x.dim() - 2)
    return F.pad(x, [n for side in reversed(sides) for n in side], value=value)


def over_time(function):
    """A layer on [batch, time, features] from one on [batch, features, time]."""

    def swapped(layer, x):
        return function(layer, x.transpose(1, 2)).transpose(1, 2)

    return swapped


def zero_padding1d(layer, x):
    return over_time(lambda layer, x: pad(x, layer.option("padding", 1)))(layer, x)


def zero_padding2d(layer, x):
    return pad(x, layer.option("padding", 1))


def padding2d(layer, x):
    """PyTorch's own: the last axis first."""
    sides = ends(layer.option("padding", 1), x.dim() - 2)
    return F.pad(x, [n for side in reversed(sides) for n in side], mode=layer.option("mode", "reflect"))


def padding1d(layer, x):
    return over_time(padding2d)(layer, x)


def pooled(layer, x, outside):
    """Windows [batch, channels, positions in the window, …] of an image, or of a sequence as an image of one row."""
    image = x if x.dim() == 4 else x.unsqueeze(2)
    size, stride = layer.option("pool_size", 2), layer.option("stride", None)
    size = pair(size) if x.dim() == 4 else [1, size]
    stride = size if stride is None else pair(stride) if x.dim() == 4 else [1, stride]
    padding = layer.option("padding", "valid")
    if isinstance(padding, str):
        return windows(pad_image(image, padding, size, stride, value=outside), size, stride)
    image = pad(x, padding, outside)
    return windows(image if x.dim() == 4 else image.unsqueeze(2), size, stride)


def maximum(layer, x):
    cut = pooled(layer, x, float("-inf"))
    keep_maxima_clear(cut.detach())
    most = cut.gather(2, cut.detach().argmax(2, keepdim=True)).squeeze(2)
    return most if x.dim() == 4 else most.squeeze(2)


def average(layer, x):
    mean = pooled(layer, x, 0.0).sum(2) / pooled(layer, torch.ones_like(x.detach()), 0.0).sum(2)
    return mean if x.dim() == 4 else mean.squeeze(2)


def max_pool1d(layer, x):
    return over_time(maximum)(layer, x)


def average_pool1d(layer, x):
    return over_time(average)(layer, x)


def global_max_pool1d(layer, x):
    if layer.masks[0] is not None:
        return torch.stack([largest_kept(row, kept) for row, kept in zip(x, layer.masks[0], strict=True)])
    keep_maxima_clear(x.detach().transpose(1, 2).unsqueeze(1).transpose(2, 3))
    return x.amax(1)


def largest_kept(row, kept):
    if not kept.any():
        return row.sum(0) * 0
    keep_maxima_clear(row[kept].detach().T[None, None])
    return row[kept].amax(0)


def global_max_pool2d(_layer, x):
    keep_maxima_clear(x.detach().flatten(2).transpose(1, 2).unsqueeze(1))
    return x.amax([2, 3])


def image_convolution(layer, x, kernel, groups):
    window = kernel.shape[2:]
    stride, dilation = pair(layer.option("stride", 1)), pair(layer.option("dilation", 1))
    padding = layer.option("padding", "valid")
    if isinstance(padding, str):
        x = pad_image(x, padding, window, stride, dilation)
    else:
        x = pad(x, padding)
    return F.conv2d(x, kernel, stride=stride, dilation=dilation, groups=groups)


def finish(layer, y, filters):
    if layer.option("use_bias", True):
        y = y + along_features(y, layer.parameter("bias", filters))
    return activate(layer, layer.option("activation", "linear"), y)


def depthwise_conv2d(layer, x):
    channels = x.shape[1]
    filters = channels * layer.option("depth_multiplier", 1)
    kernel = layer.parameter("kernel", filters, 1, *pair(layer.options["kernel_size"]))
    return finish(layer, image_convolution(layer, x, kernel, channels), filters)


def separable_conv2d(layer, x):
    channels, filters = x.shape[1], layer.options["filters"]
    middle = channels * layer.option("depth_multiplier", 1)
    depthwise = layer.parameter("depthwise_kernel", middle, 1, *pair(layer.options["kernel_size"]))
    pointwise = layer.parameter("pointwise_kernel", filters, middle, 1, 1)
    return finish(layer, F.conv2d(image_convolution(layer, x, depthwise, channels), pointwise), filters)


def transposed(layer, x):
    """Channels first: the full result of PyTorch's, cut (or filled up with zeros) to what `padding` leaves."""
    axes = x.dim() - 2
    spread = [pair(layer.option(key, 1))[:axes] for key in ("kernel_size", "stride", "dilation")]
    window, stride, dilation = spread
    groups, filters = layer.option("groups", 1), layer.options["filters"]
    kernel = layer.parameter("kernel", filters, x.shape[1] // groups, *window)
    blocks = [block.transpose(0, 1) for block in kernel.chunk(groups)]
    function = F.conv_transpose1d if axes == 1 else F.conv_transpose2d
    padding, more = layer.option("padding", "valid"), layer.option("output_padding", 0)
    options = {"stride": stride, "dilation": dilation, "groups": groups}
    if isinstance(padding, int):
        return function(x, torch.cat(blocks), padding=padding, output_padding=more, **options)
    y = function(x, torch.cat(blocks), **options)
    cuts = []
    for length, step, full in zip(x.shape[2:], stride, y.shape[2:], strict=True):
        size = length * step if padding == "same" else max(full, length * step)
        front = max(full - size, 0) // 2
        cuts = [-front, size + front - full, *cuts]
    return F.pad(y, cuts)


def conv2d_transpose(layer, x):
    return finish(layer, transposed(layer, x), layer.options["filters"])


def conv1d_transpose(layer, x):
    y = over_time(transposed)(layer, x)
    return finish(layer, y, layer.options["filters"])


def up_sampling1d(layer, x):
    return x.repeat_interleave(layer.option("size", 2), 1)


def up_sampling2d(layer, x):
    mode = layer.option("interpolation", "nearest")
    more = {"align_corners": layer.option("align_corners", False)} if mode == "bilinear" else {}
    return F.interpolate(x, scale_factor=pair(layer.option("size", 2)), mode=mode, **more)


def normalized(layer, x, groups):
    features = x.shape[1] if x.dim() == 4 else x.shape[-1]
    gamma, beta = layer.parameter("gamma", features), layer.parameter("beta", features)
    first = x.transpose(1, 2) if x.dim() == 3 else x
    y = F.group_norm(first, groups, gamma, beta, layer.option("epsilon", 1e-3))
    return y.transpose(1, 2) if x.dim() == 3 else y


def group_norm(layer, x):
    return normalized(layer, x, layer.options["groups"])


def instance_norm(layer, x):
    """Every channel is a group; PyTorch's own instance norm agrees."""
    y = normalized(layer, x, x.shape[1] if x.dim() == 4 else x.shape[-1])
    first = x.transpose(1, 2) if x.dim() == 3 else x
    theirs = F.instance_norm(first, eps=layer.option("epsilon", 1e-3))
    theirs = theirs.transpose(1, 2) if x.dim() == 3 else theirs
    gamma, beta = (along_features(x, layer.network.parameters[f"{layer.owner}/{name}"]) for name in ("gamma", "beta"))
    assert x.dtype == torch.float32 or torch.allclose(y, theirs * gamma + beta, rtol=1e-9, atol=1e-10)
    return y


def permute(layer, x):
    return x.permute(0, *layer.options["dims"])


def repeat_vector(layer, x):
    return x.unsqueeze(1).repeat(1, layer.options["n"], 1)


def rescaling(layer, x):
    scale, offset = (torch.tensor(layer.option(key, standard), dtype=x.dtype) for key, standard in (("scale", 1), ("offset", 0)))
    spread = (lambda v: along_features(x, v) if v.dim() else v)
    return x * spread(scale) + spread(offset)


def layer_scale(layer, x):
    return x * along_features(x, layer.parameter("gamma", x.shape[1] if x.dim() == 4 else x.shape[-1]))


def class_token(layer, x):
    token = layer.parameter("token", x.shape[2])
    return torch.cat([token.expand(len(x), 1, -1), x], 1)


def kept(_layer, x):
    """A noise layer of rate 0."""
    return x


drop_path = spatial_dropout1d = spatial_dropout2d = kept


def slice(layer, x):  # the layer's name
    axis = layer.option("axis", 0)
    size = x.shape[axis + 1 if axis >= 0 else axis]
    every = torch.arange(size)[layer.option("start", 0) : layer.option("stop", None) : layer.option("step", 1)]
    return x.index_select(axis + 1 if axis >= 0 else axis, every)


# Of the divergence of N(x, 1), and of N(0, exp x), from N(0, 1).
COSTS = {
    "0.5 * x * x": lambda x: 0.5 * x**2,
    "0.5 * (exp(x) - 1 - x)": lambda x: 0.5 * (torch.exp(x) - 1 - x),
}


def penalty(layer, x):
    cost = COSTS[layer.options["expression"]](x)
    if layer.masks[0] is not None:
        cost = cost * layer.masks[0][..., None]
    layer.network.penalties.append(layer.option("weight", 1) * cost.sum() / len(x))
    return x


def stop_gradient(_layer, x):
    """What comes out is a beginning of its own, which has a gradient."""
    return x.detach().requires_grad_()


def reverse(layer, x):
    axis = layer.option("axis", 0)
    return x.flip(axis + 1 if axis >= 0 else axis)


def volume(x):
    """[batch, time, channels, height, width] as PyTorch has it: channels first."""
    return x.transpose(1, 2)


def triple(value):
    return list(value) if isinstance(value, (list, tuple)) else [value] * 3


def volume_pads(layer, size, window, stride, dilation=(1, 1, 1)):
    """(before, after) of time, height and width."""
    padding = layer.option("padding", "valid")
    if padding == "valid":
        return [(0, 0)] * 3
    if padding != "same":
        return ends(padding, 3)
    return [same_pads(*each) for each in zip(size, window, stride, dilation, strict=True)]


def padded_volume(layer, x, window, stride, dilation=(1, 1, 1), value=0.0):
    sides = volume_pads(layer, x.shape[2:], window, stride, dilation)
    return F.pad(x, [n for side in reversed(sides) for n in side], value=value)


def conv3d(layer, x):
    window, stride, dilation = (triple(layer.option(key, 1)) for key in ("kernel_size", "stride", "dilation"))
    filters, groups = layer.options["filters"], layer.option("groups", 1)
    kernel = layer.parameter("kernel", filters, x.shape[2] // groups, *window)
    inside = padded_volume(layer, volume(x), window, stride, dilation)
    y = volume(F.conv3d(inside, kernel, stride=stride, dilation=dilation, groups=groups))
    return finish(layer, y, filters)


def pooled_volume(layer):
    size = triple(layer.option("pool_size", 2))
    return size, triple(layer.option("stride", None) or size)


def max_pool3d(layer, x):
    size, stride = pooled_volume(layer)
    inside = padded_volume(layer, volume(x), size, stride, value=float("-inf"))
    cut = inside
    for axis, (length, step) in enumerate(zip(size, stride, strict=True), 2):
        cut = cut.unfold(axis, length, step)
    cut = cut.flatten(5).movedim(-1, 2)
    keep_maxima_clear(cut.detach())
    return volume(F.max_pool3d(inside, size, stride))


def average_pool3d(layer, x):
    size, stride = pooled_volume(layer)
    counts = F.avg_pool3d(padded_volume(layer, torch.ones_like(volume(x)), size, stride), size, stride)
    return volume(F.avg_pool3d(padded_volume(layer, volume(x), size, stride), size, stride) / counts)


def global_average_pool3d(_layer, x):
    return x.mean([1, 3, 4])


def global_max_pool3d(_layer, x):
    keep_maxima_clear(volume(x).detach().flatten(2).transpose(1, 2).unsqueeze(1))
    return x.amax([1, 3, 4])
