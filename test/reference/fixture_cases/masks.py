"""Masks of time steps and what obeys them; layers at every time step."""

from fixture_cases.attention import POOL, attention
from fixture_cases.parts import FLATTEN, activation, case, conv2d, dense, embedding, layer, residual
from fixture_cases.recurrence import KINDS, every, last

MASKING = layer("masking")
TOKENS = embedding(6, 4, mask_zero=True)
MAX_POOL = layer("global_max_pool1d")


def masked_case(name, layers, shape=(4, 2), padding="behind", **more):
    """Four samples, all of other length."""
    return case(f"mask_{name}", layers, shape=shape, **{"batch": 4, "padding": padding, **more})


def token_case(name, layers, **more):
    return masked_case(name, [TOKENS, *layers], (4,), tokens=True, **more)


def both(kind, merge="concatenate", sequences=True):
    return layer("bidirectional", layer=(every if sequences else last)(kind), merge=merge)


def distributed(*layers):
    return layer("time_distributed", layers=list(layers))


WHERE = ("behind", "before", "between", "all")

CASES = [
    *[masked_case(f"{kind}_{where}", [MASKING, last(kind), dense(2)], padding=where) for kind in KINDS for where in WHERE],
    *[
        masked_case(f"{kind}_sequences_{where}", [MASKING, every(kind), dense(2)], padding=where)
        for kind in KINDS
        for where in WHERE
    ],
    *[masked_case(f"bidirectional_{kind}", [MASKING, both(kind), dense(2)]) for kind in KINDS],
    *[masked_case(f"bidirectional_lstm_{where}", [MASKING, both("lstm"), dense(2)], padding=where) for where in WHERE[1:]],
    masked_case("bidirectional_last", [MASKING, both("gru", "add", sequences=False), dense(2)], padding="between"),
    masked_case("stacked", [MASKING, every("lstm"), both("gru"), last("simple_rnn", 2), dense(2)], padding="before"),
    masked_case("reset_after", [MASKING, every("gru", reset_after=True), dense(2)], padding="between"),
    # The mask passes what keeps the time.
    masked_case(
        "through",
        [
            MASKING,
            dense(4, "tanh"),
            layer("layer_norm"),
            activation("sine"),
            layer("rescaling", scale=0.5, offset=0.2),
            layer("positional_embedding"),
            layer("rms_norm"),
            layer("layer_scale", initial_value=0.7),
            every("lstm"),
            dense(2),
        ],
    ),
    masked_case("batch_norm", [MASKING, dense(3), layer("batch_norm"), last("lstm"), dense(2)]),
    masked_case("penalty", [MASKING, dense(3, "tanh"), layer("penalty", expression="0.5 * x * x", weight=0.5), last("gru"), dense(2)]),
    masked_case("value", [layer("masking", value=-1.5), last("gru"), dense(2)]),
    masked_case("after_dense", [dense(3, "relu"), MASKING, last("lstm"), dense(2)], gain=1.5),
    *[masked_case(f"pool_{where}", [MASKING, dense(3, "tanh"), POOL, dense(2)], padding=where) for where in WHERE],
    *[masked_case(f"max_pool_{where}", [MASKING, dense(3, "tanh"), MAX_POOL, dense(2)], padding=where) for where in WHERE],
    *[
        masked_case(f"attention_{where}", [MASKING, attention(2), dense(2)], (4, 4), padding=where) for where in WHERE
    ],
    *[
        masked_case(f"attention_causal_{where}", [MASKING, attention(2, causal=True), dense(2)], (4, 4), padding=where)
        for where in WHERE
    ],
    token_case("tokens_lstm", [every("lstm"), dense(2)]),
    token_case("tokens_attention", [attention(2), POOL, dense(2)]),
    token_case("tokens_flatten", [dense(3, "tanh"), FLATTEN, dense(2)]),
    token_case("tokens_tagger", [both("lstm"), dense(3)], loss="softmax_cross_entropy", padding="between"),
    token_case(
        "tokens_tagger_weighted",
        [both("gru"), dense(3)],
        loss="softmax_cross_entropy",
        training={"class_weights": [0.5, 1, 2], "regularization": {"l1": 0.01, "l2": 0.02}},
    ),
    token_case("tokens_binary", [every("gru"), dense(2)], loss="sigmoid_cross_entropy"),
    token_case("class_token", [layer("class_token"), attention(2), every("simple_rnn"), dense(2)]),
    token_case("residual", [residual(layer("layer_norm"), attention(2)), residual(dense(4, "tanh")), POOL, dense(2)]),
    # Where one of the summands has no mask the sum has none.
    token_case("residual_without", [residual(layer("conv1d", filters=4, kernel_size=3, padding="same")), last("lstm"), dense(2)]),
    token_case(
        "merged",
        [
            {**dense(4, "tanh"), "name": "a"},
            {**every("gru", 4), "inputs": ["embedding_1"], "name": "b"},
            layer("add", inputs=["a", "b"]),
            last("lstm"),
            dense(2),
        ],
    ),
    token_case(
        "gate",
        [
            {**POOL, "name": "squeezed"},
            dense(4, "sigmoid"),
            layer("multiply", inputs=["dense_1", "embedding_1"]),
            last("lstm"),
            dense(2),
        ],
    ),
    {
        **case(
            "mask_two_inputs",
            [
                {**embedding(6, 4, mask_zero=True), "inputs": ["first"], "name": "a"},
                {**embedding(5, 4, mask_zero=True), "inputs": ["second"], "name": "b"},
                layer("add", inputs=["a", "b"], name="sum"),
                layer("concatenate", inputs=["a", "b"], axis=0),
                {**last("lstm"), "name": "c"},
                {**every("gru", 4), "inputs": ["sum"], "name": "d"},
                layer("multi_head_attention", inputs=["d", "b"], heads=2),
                {**POOL, "name": "e"},
                layer("concatenate", inputs=["c", "e"]),
                dense(2),
            ],
            batch=4,
            padding={"first": "between", "second": "behind"},
        ),
        "network_inputs": {
            "first": {"shape": [4], "dtype": "token"},
            "second": {"shape": [4], "dtype": "token"},
        },
    },
    case("layer_time_distributed", [distributed(dense(3, "tanh"), dense(2)), last("gru"), dense(2)], shape=(4, 2)),
    case(
        "layer_time_distributed_norm",
        [distributed(dense(3), layer("batch_norm"), activation("tanh")), FLATTEN, dense(2)],
        shape=(3, 2),
    ),
    case(
        "layer_time_distributed_images",
        [distributed(conv2d(2, 2, activation="tanh"), FLATTEN), last("lstm"), dense(2)],
        shape=(3, 1, 3, 3),
        batch=3,
    ),
    case(
        "layer_time_distributed_names",
        [
            distributed(
                {**dense(2, "tanh"), "name": "a"},
                {**dense(2), "inputs": ["input"], "name": "b"},
                layer("multiply", inputs=["a", "b"]),
            ),
            last("simple_rnn"),
            dense(2),
        ],
        shape=(3, 2),
    ),
    masked_case("time_distributed", [MASKING, distributed(dense(3, "tanh")), last("lstm"), dense(2)]),
    masked_case("time_distributed_images", [MASKING, distributed(FLATTEN, dense(3, "tanh")), every("gru"), dense(2)], (3, 1, 2, 2)),
]
for entry in CASES:
    if "network_inputs" in entry:
        entry["network"] = {"inputs": entry.pop("network_inputs"), "layers": entry["network"]["layers"]}
