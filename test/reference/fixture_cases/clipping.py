"""Clippings of parameters that are not [in, out]. Adaptive clipping: a unit is an output channel of a kernel
[out, in, …window], a column of a kernel [in, out], a whole vector."""

from fixture_cases.parts import FLATTEN, case, conv1d, conv2d, dense, layer, residual

CLIPPINGS = ("global_norm", "norm", "value", "adaptive")
# name: (layers, input shape)
NETWORKS = {
    "conv1d": ([conv1d(3, 2, activation="tanh"), FLATTEN, dense(2)], (4, 2)),
    "conv2d": ([conv2d(3, 2, activation="tanh"), FLATTEN, dense(2)], (2, 3, 3)),
    "conv2d_depthwise": ([conv2d(4, 2, groups=2, activation="tanh"), FLATTEN, dense(2)], (2, 3, 3)),
    "conv2d_projection": (
        [residual(conv2d(3, 3, stride=2, padding="same", activation="tanh")), FLATTEN, dense(2)],
        (2, 3, 3),
    ),
    "conv2d_batch_norm": ([conv2d(3, 2, use_bias=False), layer("batch_norm"), FLATTEN, dense(2)], (2, 3, 3)),
    "lstm": ([layer("lstm", units=3), dense(2)], (3, 2)),
    "gru": ([layer("gru", units=3), dense(2)], (3, 2)),
    "self_attention": ([layer("self_attention", heads=2), dense(2)], (3, 4)),
}

CASES = [
    case(f"clip_{name}_{clipping}", layers, shape=shape, batch=3, clip=clipping)
    for name, (layers, shape) in NETWORKS.items()
    for clipping in CLIPPINGS
    if clipping == "adaptive" or name in ("conv2d", "lstm")
]
