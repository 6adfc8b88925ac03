"""Max and average pooling with each option, and the global averages."""

from fixture_cases.parts import FLATTEN, activation, case, conv1d, conv2d, dense, layer

SAMPLES = 3
# name: (options, [channels, height, width])
POOLS = {
    "default": ({"pool_size": 2}, (2, 4, 4)),
    # The last row is in no window.
    "remainder": ({"pool_size": 2, "padding": "valid"}, (2, 5, 4)),
    "rectangle": ({"pool_size": [1, 3]}, (2, 2, 6)),
    "overlapping": ({"pool_size": 2, "stride": 1}, (2, 3, 3)),
    "overlapping_stride": ({"pool_size": 3, "stride": 2}, (1, 5, 5)),
    "overlapping_rectangle": ({"pool_size": [3, 2], "stride": [2, 1]}, (1, 5, 3)),
    "with_gaps": ({"pool_size": 1, "stride": 2}, (2, 3, 4)),
    "same": ({"pool_size": 2, "padding": "same"}, (2, 3, 5)),
    "same_overlapping": ({"pool_size": 3, "stride": 1, "padding": "same"}, (1, 3, 4)),
    "same_overlapping_stride": ({"pool_size": 3, "stride": 2, "padding": "same"}, (1, 4, 5)),
    "same_even_overlapping": ({"pool_size": 2, "stride": 1, "padding": "same"}, (1, 3, 3)),
    "same_wider_than_input": ({"pool_size": 5, "stride": 1, "padding": "same"}, (1, 2, 3)),
    "as_large_as_input": ({"pool_size": [2, 3]}, (2, 2, 3)),
}
# Whole numbers as inputs: many equal maxima, not only at 0. The gradient of `activation_1` shows where they go.
TIES = {
    "ties": {"pool_size": 2},
    "ties_overlapping": {"pool_size": 3, "stride": 1},
    "ties_same": {"pool_size": 3, "stride": 2, "padding": "same"},
}

CASES = [
    *[
        case(f"layer_{kind}_{name}", [conv2d(2, 1), layer(kind, **options), FLATTEN, dense(2)], shape, batch=SAMPLES)
        for kind in ("max_pool2d", "average_pool2d")
        for name, (options, shape) in POOLS.items()
    ],
    *[
        case(
            f"layer_max_pool2d_{name}",
            [activation("linear"), layer("max_pool2d", **options), FLATTEN, dense(2)],
            shape=(1, 4, 4),
            batch=SAMPLES,
            whole_numbers=3,
            note="Equal maxima on purpose: the first in row-major order takes the gradient.",
        )
        for name, options in TIES.items()
    ],
    # Behind a relu whole windows are zeros: the gradient goes to the first of them.
    case(
        "layer_max_pool2d_behind_relu",
        [conv2d(2, 2, activation="relu"), layer("max_pool2d", pool_size=2), FLATTEN, dense(2)],
        shape=(2, 5, 5),
        batch=SAMPLES,
        note="Windows of zeros on purpose: the first in row-major order takes the gradient.",
    ),
    case(
        "layer_max_pool2d_behind_relu_overlapping",
        [conv2d(2, 2, activation="relu"), layer("max_pool2d", pool_size=3, stride=1), FLATTEN, dense(2)],
        shape=(1, 5, 5),
        batch=SAMPLES,
        note="Windows of zeros on purpose: the first in row-major order takes the gradient.",
    ),
    case(
        "layer_global_average_pool2d",
        [conv2d(3, 2, activation="tanh"), layer("global_average_pool2d"), dense(2)],
        shape=(2, 3, 4),
        batch=SAMPLES,
    ),
    case(
        "layer_global_average_pool2d_first", [layer("global_average_pool2d"), dense(2)], shape=(3, 2, 4), batch=SAMPLES
    ),
    case(
        "layer_global_average_pool1d",
        [conv1d(3, 2, activation="tanh"), layer("global_average_pool1d"), dense(2)],
        shape=(5, 2),
        batch=SAMPLES,
    ),
    case("layer_global_average_pool1d_first", [layer("global_average_pool1d"), dense(2)], shape=(4, 3), batch=SAMPLES),
]
