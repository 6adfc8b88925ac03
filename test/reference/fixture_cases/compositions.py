"""Small networks of the kinds that people train."""

from fixture_cases.parts import FLATTEN, activation, case, conv1d, conv2d, dense, embedding, layer, repeat, residual

CLASSIFIED = {"loss": "softmax_cross_entropy"}
RELU = activation("relu")
BATCH_NORM, LAYER_NORM = layer("batch_norm"), layer("layer_norm")
ATTENTION = layer("self_attention", heads=2)
CAUSAL = layer("self_attention", heads=2, causal=True)
POOL_SEQUENCE, POOL_IMAGE = layer("global_average_pool1d"), layer("global_average_pool2d")
SINUSOIDAL = layer("positional_embedding", kind="sinusoidal")
POSITIONS = layer("positional_embedding")


def composition(name, layers, shape, **more):
    return case(f"composition_{name}", layers, shape=shape, **{"batch": 3, **more})


def bare_conv2d(filters, stride=1):
    return conv2d(filters, 3, stride=stride, padding="same", use_bias=False)


def basic_block(filters, stride=1):
    """He et al. 2016, figure 2 left, with its norms."""
    return [residual(bare_conv2d(filters, stride), BATCH_NORM, RELU, bare_conv2d(filters), BATCH_NORM), RELU]


CASES = [
    composition(
        "resnet",
        [
            conv2d(2, 3, stride=2, padding="same", use_bias=False),
            BATCH_NORM,
            RELU,
            *basic_block(2),
            *basic_block(3, stride=2),
            POOL_IMAGE,
            dense(3),
        ],
        (1, 8, 8),
        optimizer={"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        **CLASSIFIED,
    ),
    composition(
        "resnet_without_norm",
        [
            conv2d(2, 3, stride=2, padding="same", activation="tanh"),
            residual(conv2d(2, 3, padding="same", activation="tanh"), conv2d(2, 3, padding="same")),
            residual(conv2d(3, 3, stride=2, padding="same", activation="tanh"), conv2d(3, 3, padding="same")),
            POOL_IMAGE,
            dense(3),
        ],
        (1, 8, 8),
        optimizer={"type": "adam", "learning_rate": 0.01},
        **CLASSIFIED,
    ),
    composition(
        "lenet",
        [
            conv2d(2, 3, activation="relu"),
            layer("max_pool2d", pool_size=2),
            conv2d(3, 2, activation="tanh"),
            layer("average_pool2d", pool_size=2),
            FLATTEN,
            dense(4, "tanh"),
            dense(3),
        ],
        (1, 8, 8),
        **CLASSIFIED,
    ),
    composition(
        "image_from_vector",
        [
            dense(8, "tanh"),
            layer("reshape", shape=[2, 2, 2]),
            conv2d(2, 2, padding="same", activation="tanh"),
            FLATTEN,
            dense(2),
        ],
        (3,),
    ),
    composition(
        "lstm_classifier", [embedding(7, 3), layer("lstm", units=4), dense(3)], (5,), tokens=True, **CLASSIFIED
    ),
    composition(
        "lstm_classifier_adam",
        [embedding(7, 3), layer("lstm", units=4), dense(3)],
        (5,),
        tokens=True,
        optimizer={"type": "adam", "learning_rate": 0.01, "epsilon": 1e-3},
        training={"gradient_clipping": {"type": "global_norm", "max_norm": 0.1}},
        **CLASSIFIED,
    ),
    composition(
        "gru_after_conv1d",
        [conv1d(3, 3, stride=2, padding="same", activation="tanh"), layer("gru", units=3), dense(2)],
        (8, 2),
    ),
    composition(
        "recurrent_stack",
        [
            layer("simple_rnn", units=3, return_sequences=True),
            LAYER_NORM,
            layer("gru", units=3, return_sequences=True),
            residual(layer("lstm", units=3, return_sequences=True)),
            POOL_SEQUENCE,
            dense(2),
        ],
        (4, 2),
    ),
    composition(
        "residual_gru_projection",
        [residual(layer("gru", units=3, return_sequences=True)), dense(2)],
        (4, 2),
    ),
    composition(
        "transformer_pre_norm",
        [
            embedding(6, 4),
            SINUSOIDAL,
            residual(LAYER_NORM, ATTENTION),
            residual(LAYER_NORM, dense(6, "gelu"), dense(4)),
            LAYER_NORM,
            POOL_SEQUENCE,
            dense(3),
        ],
        (4,),
        tokens=True,
        **CLASSIFIED,
    ),
    composition(
        "transformer_post_norm",
        [
            embedding(6, 4),
            POSITIONS,
            residual(ATTENTION),
            LAYER_NORM,
            residual(dense(6, "relu"), dense(4)),
            LAYER_NORM,
            FLATTEN,
            dense(3),
        ],
        (4,),
        tokens=True,
        **CLASSIFIED,
    ),
    # A class for every position, from the positions up to it.
    composition(
        "transformer_causal",
        [
            embedding(5, 4),
            POSITIONS,
            repeat(2, residual(layer("rms_norm"), CAUSAL), residual(layer("rms_norm"), dense(5, "silu"), dense(4))),
            layer("rms_norm"),
            dense(5),
        ],
        (4,),
        tokens=True,
        **CLASSIFIED,
    ),
    composition(
        "transformer_of_values",
        [
            dense(4),
            SINUSOIDAL,
            residual(ATTENTION),
            LAYER_NORM,
            residual(dense(5, "tanh"), dense(4)),
            LAYER_NORM,
            dense(2),
        ],
        (3, 2),
    ),
    composition("dense_on_sequence_classes", [dense(4, "tanh"), dense(3)], (4, 2), **CLASSIFIED),
    composition("dense_on_sequence_values", [dense(4, "tanh"), dense(2)], (4, 2)),
    composition("rnn_tagger", [layer("simple_rnn", units=4, return_sequences=True), dense(3)], (5, 2), **CLASSIFIED),
    composition("conv1d_tagger", [conv1d(3, 3, padding="same", activation="tanh"), dense(3)], (5, 2), **CLASSIFIED),
    composition(
        "repeated_conv2d",
        [repeat(3, conv2d(2, 3, padding="same", use_bias=False), BATCH_NORM, activation("tanh")), POOL_IMAGE, dense(2)],
        (1, 4, 4),
    ),
    composition(
        "named_layers",
        [
            conv2d(2, 3, padding="same", activation="tanh", name="stem"),
            repeat(
                2,
                layer("residual", name="block", layers=[conv2d(2, 3, padding="same", activation="tanh", name="inner")]),
            ),
            conv2d(3, 1, name="head"),
            POOL_IMAGE,
            dense(2, name="logits"),
        ],
        (1, 4, 4),
    ),
]
