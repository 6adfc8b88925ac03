"""Layers without windows or time: dense, activation, flatten, reshape, the norms, residual, repeat."""

from fixture_cases.parts import FLATTEN, activation, case, dense, layer, repeat, residual

NORMS = ("batch_norm", "layer_norm", "rms_norm")
CASES = [
    case("layer_dense_without_bias", [dense(4, "tanh", use_bias=False), dense(2, use_bias=False)]),
    case("layer_dense_on_sequence", [dense(4, "tanh"), FLATTEN, dense(2)], shape=(2, 3)),
    case("layer_flatten", [FLATTEN, dense(4, "tanh"), dense(2)], shape=(2, 3)),
    case("layer_flatten_image", [FLATTEN, dense(4, "tanh"), dense(2)], shape=(2, 3, 2)),
    case("layer_reshape_sequence", [layer("reshape", shape=[3, 2]), dense(3, "tanh"), FLATTEN, dense(2)], shape=(6,)),
    case("layer_reshape_image", [dense(8), layer("reshape", shape=[2, 2, 2]), layer("layer_norm"), FLATTEN, dense(2)]),
    case("layer_reshape_of_image", [layer("reshape", shape=[4, 3]), dense(3, "tanh"), dense(2)], shape=(3, 2, 2)),
    case("layer_reshape_to_vector", [layer("reshape", shape=[6]), dense(3, "tanh"), dense(2)], shape=(2, 3)),
    case("layer_reshape_unchanged", [dense(4, "tanh"), layer("reshape", shape=[4]), dense(2)]),
    case("layer_activation", [dense(4), activation("sigmoid"), dense(2)]),
    case("layer_activation_prelu", [dense(4), activation("prelu"), dense(2)]),
    *[
        case(
            f"layer_activation_{name}_{kind}",
            [activation(name), FLATTEN, dense(2)],
            shape=shape,
        )
        for name in ("prelu", "softmax")
        for kind, shape in (("sequence", (2, 3)), ("image", (3, 2, 2)))
    ],
    *[case(f"layer_{norm}", [dense(4), layer(norm), dense(4, "tanh"), dense(2)]) for norm in NORMS],
    *[
        case(f"layer_{norm}_{kind}", [layer(norm), FLATTEN, dense(2)], shape=shape, input_scale=2.0)
        for norm in NORMS
        for kind, shape in (("sequence", (2, 3)), ("image", (3, 2, 2)))
    ],
    case(
        "layer_batch_norm_options",
        [dense(4, "tanh"), layer("batch_norm", momentum=0.7, epsilon=0.05), dense(2)],
    ),
    case("layer_layer_norm_epsilon", [dense(4), layer("layer_norm", epsilon=0.2), dense(2)]),
    case("layer_rms_norm_epsilon", [dense(4), layer("rms_norm", epsilon=0.2), dense(2)]),
    case("layer_residual", [dense(4, "tanh"), residual(dense(4, "tanh")), dense(2)]),
    case(
        "layer_residual_projection",
        [dense(4, "tanh"), residual(dense(6, "tanh"), dense(5, "tanh")), dense(2)],
    ),
    case(
        "layer_residual_nested",
        [
            residual(dense(4, "tanh"), residual(dense(4, "sigmoid")), dense(3)),
            residual(layer("layer_norm"), dense(4, "tanh")),
            dense(2),
        ],
    ),
    case(
        "layer_residual_on_sequence",
        [residual(dense(4, "tanh")), FLATTEN, dense(2)],
        shape=(2, 3),
    ),
    case(
        "layer_repeat",
        [repeat(3, dense(4, "tanh"), layer("layer_norm")), dense(2)],
    ),
    case(
        "layer_repeat_named",
        [
            dense(4, "tanh", name="first"),
            repeat(2, dense(4, "tanh", name="block"), dense(4)),
            dense(2),
        ],
    ),
    case(
        "layer_repeat_nested",
        [repeat(2, dense(4, "tanh"), repeat(2, dense(4, "sigmoid", name="inner"), layer("layer_norm"))), dense(2)],
    ),
    case(
        "layer_repeat_residual",
        [dense(4), repeat(2, residual(layer("batch_norm"), dense(4, "tanh"))), dense(2)],
    ),
    # The first gradient is eight orders of magnitude below the last.
    case("layer_repeat_deep_sigmoid", [repeat(12, dense(4, "sigmoid")), dense(2)]),
]
