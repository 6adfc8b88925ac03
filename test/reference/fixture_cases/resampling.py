"""Padding by number, pooling over time, depthwise, separable and transposed convolution, upsampling, and small layers."""

from fixture_cases.parts import FLATTEN, case, conv1d, conv2d, dense, layer

SAMPLES = 3


def image_case(name, *layers, shape=(2, 4, 5), **more):
    return case(f"layer_{name}", [*layers, FLATTEN, dense(2)], shape=shape, **{"batch": SAMPLES, **more})


def sequence_case(name, *layers, shape=(6, 2), **more):
    return image_case(name, *layers, shape=shape, **more)


# name: (options, [time, features])
POOL1D = {
    "default": ({}, (6, 2)),
    "remainder": ({"pool_size": 2}, (5, 2)),
    "overlapping_stride": ({"pool_size": 3, "stride": 2}, (7, 2)),
    "same": ({"pool_size": 2, "padding": "same"}, (5, 2)),
    "same_overlapping": ({"pool_size": 3, "stride": 1, "padding": "same"}, (4, 2)),
    "number": ({"pool_size": 3, "stride": 2, "padding": 1}, (5, 2)),
    "pair": ({"pool_size": 3, "stride": 1, "padding": [2, 0]}, (4, 2)),
}
# name: (options of 2d pooling with padding by number, [channels, height, width])
POOL2D = {
    "number": ({"pool_size": 3, "stride": 2, "padding": 1}, (1, 5, 4)),
    "pair": ({"pool_size": [2, 3], "stride": 1, "padding": [0, 1]}, (1, 3, 4)),
    "pairs": ({"pool_size": 3, "stride": 2, "padding": [[0, 1], [2, 0]]}, (1, 4, 4)),
}
TRANSPOSED = {
    "default": {},
    "valid_stride": {"stride": 2},
    # Zeros behind what the window reaches.
    "valid_stride_beyond_window": {"stride": 4},
    "same": {"padding": "same"},
    "same_stride": {"padding": "same", "stride": 2},
    "same_stride_beyond_window": {"padding": "same", "stride": 4},
    "same_dilation": {"padding": "same", "dilation": 2},
    "number": {"padding": 1, "stride": 2},
    "number_output_padding": {"padding": 1, "stride": 2, "output_padding": 1},
    "groups": {"groups": 2, "stride": 2},
    "without_bias": {"use_bias": False, "activation": "tanh"},
}


def padding_by_number(kind):
    return [
        *[sequence_case(f"{kind}_{name}", layer(kind, **options), shape=shape) for name, (options, shape) in POOL1D.items()],
        *[
            image_case(f"{kind[:-2]}2d_padding_{name}", layer(f"{kind[:-2]}2d", **options), shape=shape)
            for name, (options, shape) in POOL2D.items()
        ],
    ]


VOLUMES = {
    "conv3d": (layer("conv3d", filters=2, kernel_size=2), (3, 2, 3, 3)),
    "conv3d_same_stride": (layer("conv3d", filters=2, kernel_size=[3, 2, 3], stride=[1, 2, 2], padding="same"), (2, 2, 4, 3)),
    "conv3d_groups_dilation": (
        layer("conv3d", filters=4, kernel_size=[1, 2, 2], dilation=[1, 2, 1], groups=2, use_bias=False, activation="tanh"), (2, 2, 3, 2)),
    "conv3d_padding_number": (layer("conv3d", filters=2, kernel_size=[2, 3, 2], padding=[[1, 1], [0, 1], [0, 0]]), (2, 1, 3, 2)),
    "conv3d_prelu": (layer("conv3d", filters=3, kernel_size=2, activation="prelu"), (2, 2, 3, 3)),
    "max_pool3d": (layer("max_pool3d"), (4, 2, 3, 2)),
    "max_pool3d_same": (layer("max_pool3d", pool_size=[2, 3, 2], stride=[1, 2, 2], padding="same"), (3, 2, 3, 3)),
    "average_pool3d": (layer("average_pool3d", pool_size=[2, 1, 2]), (4, 2, 2, 3)),
    "average_pool3d_padding": (layer("average_pool3d", pool_size=3, stride=2, padding=1), (2, 2, 3, 3)),
    "global_average_pool3d": (layer("global_average_pool3d"), (2, 3, 2, 2)),
    "global_max_pool3d": (layer("global_max_pool3d"), (2, 3, 2, 2)),
    "batch_norm_volumes": (layer("batch_norm"), (2, 3, 2, 2)),
}
CASES = [
    *[
        case(f"layer_{name}", [entry, *([] if name.startswith("global") else [FLATTEN]), dense(2)], shape=shape, batch=SAMPLES)
        for name, (entry, shape) in VOLUMES.items()
    ],
    *[
        one
        for mode in ("reflect", "replicate", "circular")
        for one in (
            sequence_case(f"padding1d_{mode}", layer("padding1d", padding=[2, 1], mode=mode), dense(2, "tanh"), shape=(3, 2)),
            image_case(f"padding2d_{mode}", layer("padding2d", padding=[[1, 2], [2, 0]], mode=mode), conv2d(2, 2), shape=(2, 3, 3)),
        )
    ],
    *padding_by_number("max_pool1d"),
    *padding_by_number("average_pool1d"),
    sequence_case("conv1d_padding_number", conv1d(2, 3, padding=1, stride=2)),
    # Only the past is seen.
    sequence_case("conv1d_padding_causal", conv1d(2, 3, padding=[4, 0], dilation=2, activation="tanh")),
    image_case("conv2d_padding_number", conv2d(2, 3, padding=1)),
    image_case("conv2d_padding_pair", conv2d(2, 3, padding=[0, 2], stride=2)),
    image_case("conv2d_padding_pairs", conv2d(2, 2, padding=[[1, 0], [0, 3]])),
    sequence_case("zero_padding1d", conv1d(2, 1), layer("zero_padding1d"), shape=(3, 2)),
    sequence_case("zero_padding1d_pair", conv1d(2, 1), layer("zero_padding1d", padding=[2, 0]), shape=(3, 2)),
    image_case("zero_padding2d", conv2d(2, 1), layer("zero_padding2d"), shape=(2, 2, 3)),
    image_case("zero_padding2d_pair", conv2d(2, 1), layer("zero_padding2d", padding=[1, 2]), shape=(2, 2, 3)),
    image_case("zero_padding2d_pairs", conv2d(2, 1), layer("zero_padding2d", padding=[[0, 1], [2, 0]]), shape=(2, 2, 3)),
    case("layer_global_max_pool1d", [conv1d(3, 2, activation="tanh"), layer("global_max_pool1d"), dense(2)], (6, 2), batch=SAMPLES),
    case("layer_global_max_pool1d_odd", [layer("global_max_pool1d"), dense(2)], (7, 2), batch=SAMPLES),
    case("layer_global_max_pool2d", [conv2d(3, 2, activation="tanh"), layer("global_max_pool2d"), dense(2)], (2, 4, 4), batch=SAMPLES),
    image_case("depthwise_conv2d", layer("depthwise_conv2d", kernel_size=3)),
    image_case("depthwise_conv2d_multiplied", layer("depthwise_conv2d", kernel_size=[2, 3], depth_multiplier=3, activation="tanh")),
    image_case("depthwise_conv2d_same_stride", layer("depthwise_conv2d", kernel_size=3, stride=2, padding="same", use_bias=False)),
    image_case("depthwise_conv2d_dilation", layer("depthwise_conv2d", kernel_size=2, dilation=2, padding=1)),
    image_case("separable_conv2d", layer("separable_conv2d", filters=3, kernel_size=3)),
    image_case("separable_conv2d_everything", layer("separable_conv2d", filters=3, kernel_size=2, depth_multiplier=2, stride=2, padding="same", activation="relu", use_bias=False)),
    image_case("separable_conv2d_regularized", layer("separable_conv2d", filters=2, kernel_size=2), training={"regularization": {"l1": 0.02, "l2": 0.05}}),
    *[
        sequence_case(f"conv1d_transpose_{name}", layer("conv1d_transpose", filters=4, kernel_size=3, **options), shape=(3, 2))
        for name, options in TRANSPOSED.items()
    ],
    *[
        image_case(f"conv2d_transpose_{name}", layer("conv2d_transpose", filters=2, kernel_size=3, **options), shape=(2, 2, 3))
        for name, options in TRANSPOSED.items()
    ],
    image_case("conv2d_transpose_rectangle", layer("conv2d_transpose", filters=2, kernel_size=[2, 3], stride=[1, 2]), shape=(2, 2, 3)),
    sequence_case("up_sampling1d", conv1d(2, 1), layer("up_sampling1d", size=3), shape=(3, 2)),
    image_case("up_sampling2d", conv2d(2, 1), layer("up_sampling2d"), shape=(2, 2, 3)),
    image_case("up_sampling2d_rectangle", conv2d(2, 1), layer("up_sampling2d", size=[1, 3]), shape=(2, 2, 3)),
    image_case("up_sampling2d_bilinear", conv2d(2, 1), layer("up_sampling2d", interpolation="bilinear"), shape=(2, 3, 4)),
    image_case("up_sampling2d_bilinear_rectangle", conv2d(2, 1), layer("up_sampling2d", size=[3, 2], interpolation="bilinear"), shape=(2, 1, 4)),
    image_case("up_sampling2d_aligned", conv2d(2, 1), layer("up_sampling2d", size=[3, 2], interpolation="bilinear", align_corners=True), shape=(2, 3, 4)),
    *[
        image_case(f"group_norm_{kind}", layer("group_norm", groups=2), shape=shape, input_scale=2.0)
        for kind, shape in (("vector", (6,)), ("sequence", (3, 4)), ("image", (4, 2, 3)))
    ],
    image_case("group_norm_behind_conv", conv2d(4, 2, use_bias=False), layer("group_norm", groups=2, epsilon=0.1)),
    *[
        image_case(f"instance_norm_{kind}", layer("instance_norm"), shape=shape, input_scale=2.0)
        for kind, shape in (("sequence", (4, 3)), ("image", (3, 2, 3)))
    ],
    sequence_case("permute_sequence", layer("permute", dims=[2, 1]), dense(3, "tanh"), shape=(4, 2)),
    image_case("permute_image", layer("permute", dims=[3, 1, 2]), conv2d(2, 2), shape=(2, 3, 4)),
    image_case("slice_image", layer("slice", axis=1, start=1, step=2), shape=(2, 5, 3)),
    sequence_case("slice_last_step", dense(3, "tanh"), layer("slice", start=-1), shape=(4, 2)),
    image_case("slice_features", dense(5, "tanh"), layer("slice", axis=-1, start=1, stop=-1), shape=(3,)),
    sequence_case("reverse", dense(3, "tanh"), layer("reverse"), layer("gru", units=2), shape=(4, 2)),
    image_case("reverse_image", conv2d(2, 2), layer("reverse", axis=-1), conv2d(2, 2), shape=(2, 4, 3)),
    image_case("windows", layer("reshape", shape=[1, 2, 2, 2, 2]), layer("permute", dims=[2, 4, 1, 3, 5]), layer("reshape", shape=[4, 4]), dense(2, "tanh"), shape=(1, 4, 4)),
    sequence_case("repeat_vector", dense(3, "tanh"), layer("repeat_vector", n=4), layer("lstm", units=2), shape=(3,)),
    image_case("rescaling", layer("rescaling", scale=0.25, offset=-1), dense(3, "tanh"), shape=(4,)),
    image_case("rescaling_features", layer("rescaling", scale=[0.5, 2, 3], offset=[0, 1, -1]), dense(3, "tanh"), shape=(2, 3)),
    image_case("rescaling_channels", layer("rescaling", scale=[0.5, 2]), conv2d(2, 2)),
    *[
        image_case(f"layer_scale_{kind}", layer("layer_scale", initial_value=0.5), shape=shape)
        for kind, shape in (("vector", (3,)), ("sequence", (3, 2)), ("image", (2, 2, 3)))
    ],
    case("layer_class_token", [layer("class_token"), layer("self_attention", heads=2), layer("global_average_pool1d"), dense(2)], (3, 4), batch=SAMPLES),
    image_case("drop_path_of_nothing", dense(3, "tanh"), layer("drop_path", rate=0), shape=(3,)),
    sequence_case("spatial_dropout1d_of_nothing", layer("spatial_dropout1d", rate=0)),
    image_case("spatial_dropout2d_of_nothing", layer("spatial_dropout2d", rate=0)),
]
