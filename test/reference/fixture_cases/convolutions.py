"""conv1d and conv2d with each option, residual blocks around them, norms and activations behind them."""

from fixture_cases.parts import FLATTEN, activation, case, conv1d, conv2d, dense, layer, residual

SAMPLES = 3
# name: (filters, kernel_size, options, [time, features])
CONV1D = {
    "default": (3, 3, {}, (6, 2)),
    "valid": (3, 2, {"padding": "valid"}, (5, 2)),
    "same": (3, 3, {"padding": "same"}, (5, 2)),
    # One zero before, two after.
    "same_even": (2, 4, {"padding": "same"}, (5, 2)),
    "same_stride": (2, 3, {"padding": "same", "stride": 2}, (5, 2)),
    # None before, one after.
    "same_stride_even": (2, 3, {"padding": "same", "stride": 2}, (6, 2)),
    "same_stride_beyond_window": (2, 1, {"padding": "same", "stride": 3}, (7, 2)),
    "same_dilation": (2, 3, {"padding": "same", "dilation": 2}, (5, 2)),
    "same_wider_than_input": (2, 5, {"padding": "same"}, (2, 3)),
    "stride": (2, 3, {"stride": 2}, (6, 2)),
    "dilation": (2, 3, {"dilation": 2}, (6, 2)),
    "groups": (4, 2, {"groups": 2}, (4, 4)),
    "depthwise": (3, 2, {"groups": 3, "padding": "same"}, (4, 3)),
    "depthwise_multiplied": (6, 2, {"groups": 3}, (4, 3)),
    "without_bias": (3, 2, {"use_bias": False}, (4, 2)),
    "relu": (3, 2, {"activation": "relu"}, (4, 2)),
    "prelu": (3, 2, {"activation": "prelu"}, (4, 2)),
    "softmax": (3, 2, {"activation": "softmax"}, (4, 2)),
    "window_of_one": (3, 1, {"activation": "tanh"}, (4, 2)),
    "as_large_as_input": (3, 4, {}, (4, 2)),
    "time_of_one": (3, 1, {}, (1, 2)),
    "everything": (
        4,
        3,
        {"stride": 2, "groups": 2, "padding": "same", "use_bias": False, "activation": "tanh"},
        (6, 2),
    ),
}
# name: (filters, kernel_size, options, [channels, height, width])
CONV2D = {
    "default": (3, 3, {}, (2, 4, 5)),
    "valid": (2, 2, {"padding": "valid"}, (2, 3, 4)),
    "rectangle": (2, [2, 3], {}, (2, 3, 5)),
    "same": (2, 3, {"padding": "same"}, (2, 3, 4)),
    "same_even": (2, 2, {"padding": "same"}, (2, 3, 4)),
    "same_rectangle": (2, [4, 3], {"padding": "same"}, (1, 3, 4)),
    # One row above and one below; one column, at the right only.
    "same_stride": (2, 3, {"padding": "same", "stride": 2}, (2, 5, 4)),
    "same_stride_rectangle": (2, [3, 2], {"padding": "same", "stride": [2, 3]}, (1, 5, 7)),
    "same_stride_beyond_window": (2, 1, {"padding": "same", "stride": 2}, (2, 5, 4)),
    "same_dilation": (2, 2, {"padding": "same", "dilation": 2}, (1, 4, 5)),
    "same_wider_than_input": (2, 5, {"padding": "same"}, (1, 2, 3)),
    "stride": (2, 2, {"stride": 2}, (2, 5, 4)),
    "stride_rectangle": (2, 2, {"stride": [1, 2]}, (2, 3, 5)),
    "dilation": (2, 2, {"dilation": 2}, (2, 4, 5)),
    "dilation_rectangle": (2, [2, 3], {"dilation": [2, 1]}, (2, 4, 4)),
    "groups": (4, 2, {"groups": 2}, (4, 3, 3)),
    "depthwise": (3, 3, {"groups": 3, "padding": "same"}, (3, 3, 3)),
    "depthwise_multiplied": (6, 2, {"groups": 3}, (3, 3, 3)),
    "without_bias": (2, 2, {"use_bias": False}, (2, 3, 3)),
    "relu": (2, 2, {"activation": "relu"}, (2, 3, 3)),
    "prelu": (2, 2, {"activation": "prelu"}, (2, 3, 3)),
    "softmax": (3, 2, {"activation": "softmax"}, (2, 3, 3)),
    "window_of_one": (3, 1, {"activation": "tanh"}, (2, 2, 3)),
    "as_large_as_input": (3, [3, 4], {}, (2, 3, 4)),
    "everything": (
        4,
        [3, 2],
        {"stride": [2, 1], "groups": 2, "padding": "same", "use_bias": False, "activation": "tanh"},
        (2, 4, 3),
    ),
}


def single(kind, name, filters, kernel_size, options, shape):
    layers = [layer(kind, filters=filters, kernel_size=kernel_size, **options), FLATTEN, dense(2)]
    return case(f"layer_{kind}_{name}", layers, shape=shape, batch=SAMPLES)


def image_case(name, layers, shape=(2, 4, 4), **more):
    return case(f"layer_{name}", layers, shape=shape, **{"batch": SAMPLES, **more})


CASES = [
    *[single("conv1d", name, *options) for name, options in CONV1D.items()],
    *[single("conv2d", name, *options) for name, options in CONV2D.items()],
    image_case("conv2d_stacked", [conv2d(2, 3, activation="tanh"), conv2d(3, 2), FLATTEN, dense(2)]),
    image_case(
        "conv2d_separable",
        [conv2d(4, 3, groups=2, padding="same"), conv2d(3, 1, activation="tanh"), layer("global_average_pool2d")],
        shape=(2, 3, 3),
    ),
    image_case(
        "conv2d_regularized",
        [conv2d(2, 2, activation="tanh"), FLATTEN, dense(2)],
        shape=(2, 3, 3),
        training={"regularization": {"l1": 0.02, "l2": 0.05}},
    ),
    case(
        "layer_conv1d_stacked",
        [conv1d(3, 2, activation="tanh"), conv1d(2, 2, stride=2), FLATTEN, dense(2)],
        shape=(6, 2),
        batch=SAMPLES,
    ),
    *[
        image_case(
            f"conv2d_{norm}",
            [conv2d(3, 2, use_bias=False), layer(norm), activation("tanh"), FLATTEN, dense(2)],
            shape=(2, 3, 3),
        )
        for norm in ("batch_norm", "layer_norm", "rms_norm")
    ],
    # The bias has no gradient: the norm takes every channel's mean away.
    image_case("conv2d_with_bias_batch_norm", [conv2d(3, 2), layer("batch_norm"), FLATTEN, dense(2)], shape=(2, 3, 3)),
    *[
        case(
            f"layer_conv1d_{norm}",
            [conv1d(3, 2, use_bias=False), layer(norm), activation("tanh"), FLATTEN, dense(2)],
            shape=(5, 2),
            batch=SAMPLES,
        )
        for norm in ("batch_norm", "layer_norm", "rms_norm")
    ],
    image_case(
        "residual_conv2d", [residual(conv2d(2, 3, padding="same", activation="tanh")), FLATTEN, dense(2)], (2, 3, 3)
    ),
    image_case(
        "residual_conv2d_projection",
        [residual(conv2d(3, 3, padding="same", activation="tanh")), FLATTEN, dense(2)],
        (2, 3, 3),
    ),
    image_case(
        "residual_conv2d_stride",
        [residual(conv2d(3, 3, padding="same", stride=2, activation="tanh"), conv2d(3, 1)), FLATTEN, dense(2)],
        (2, 5, 4),
    ),
    # As many channels as before, but fewer positions.
    image_case(
        "residual_conv2d_stride_alone",
        [residual(conv2d(2, 3, padding="same", stride=2, activation="tanh")), FLATTEN, dense(2)],
        (2, 4, 4),
    ),
    image_case(
        "residual_conv2d_stride_rectangle",
        [residual(conv2d(3, 3, padding="same", stride=[1, 2], activation="tanh")), FLATTEN, dense(2)],
        (2, 3, 4),
    ),
    image_case(
        "residual_conv2d_stride_regularized",
        [residual(conv2d(3, 2, stride=2, activation="tanh")), FLATTEN, dense(2)],
        (2, 4, 4),
        training={"regularization": {"l1": 0.02, "l2": 0.05}},
    ),
    image_case(
        "residual_max_pool2d",
        [conv2d(2, 1), residual(conv2d(3, 1, activation="tanh"), layer("max_pool2d", pool_size=2)), FLATTEN, dense(2)],
        (2, 4, 4),
    ),
    image_case(
        "residual_conv2d_nested",
        [
            residual(
                conv2d(3, 3, padding="same", activation="tanh"),
                residual(conv2d(4, 3, padding="same", stride=2, activation="tanh")),
            ),
            layer("global_average_pool2d"),
            dense(2),
        ],
    ),
    case(
        "layer_residual_conv1d",
        [residual(conv1d(2, 3, padding="same", activation="tanh")), FLATTEN, dense(2)],
        shape=(4, 2),
        batch=SAMPLES,
    ),
    case(
        "layer_residual_conv1d_projection",
        [residual(conv1d(3, 3, padding="same", activation="tanh")), FLATTEN, dense(2)],
        shape=(4, 2),
        batch=SAMPLES,
    ),
]
