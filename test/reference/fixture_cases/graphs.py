"""Networks that are no chain: merging layers, several inputs, attention to another sequence, wiring inside bodies."""

from fixture_cases.parts import FLATTEN, case, conv2d, dense, embedding, layer, residual

MERGED = [dense(3, activation="tanh", name="a"), dense(3, activation="sigmoid", inputs=["input"], name="b")]


def of(kind, *inputs, **options):
    return layer(kind, inputs=list(inputs), **options)


def merge_case(name, layers, shape=(3,), **more):
    return case(f"graph_{name}", layers, shape=shape, **more)


def several(name, inputs, layers, **more):
    return {**case(f"graph_{name}", layers, **more), "network": {"inputs": inputs, "layers": layers}}


GATE = [
    conv2d(4, 3, padding="same", activation="tanh", name="x"),
    layer("global_average_pool2d"),
    dense(4, activation="sigmoid"),
    layer("reshape", shape=[4, 1, 1]),
    of("multiply", "x", "reshape_1"),
    FLATTEN,
    dense(2),
]

def encoder_decoder(kind, *between, **options):
    """The decoder begins with the state that the encoder ends with, or with what lies `between`."""
    return several(
        f"encoder_decoder_{kind}{'_' if between else ''}{'_'.join(part['type'] for part in between)}",
        {"source": {"shape": [3, 2]}, "target": {"shape": [2, 2]}},
        [
            of(kind, "source", units=3, **options),
            *between,
            of(kind, "target", f"{(between[-1] if between else {'type': kind})['type']}_1", units=3, return_sequences=True),
            FLATTEN, dense(2),
        ],
        batch=2,
    )


def outputs(name, heads, shape=(3,), before=(), optimizer=None, **more):
    """Heads on one body: of each its layers, its loss, its weight and the shape of what it gives."""
    body = [*before, dense(4, activation="tanh", name="body")]
    layers, ends, losses = body, [], []
    for i, (own, loss, weight, given) in enumerate(heads):
        first, *rest = own
        placed = [{**first, "inputs": ["body"]}, *rest]
        placed[-1] = {**placed[-1], "name": f"head_{i}"}
        layers, ends = [*layers, *placed], [*ends, f"head_{i}"]
        losses.append({"loss": loss, "weight": weight, "shape": given})
    layers = [*layers, of("outputs", *ends)]
    more = {**more, **({"optimizer": optimizer} if optimizer else {})}
    return case(f"graph_outputs_{name}", layers, shape=shape, loss={"type": "joint", "outputs": losses}, **more)


CASES = [
    outputs("two", [([dense(3)], "softmax_cross_entropy", 1, [3]), ([dense(2)], "mean_squared_error", 0.5, [2])]),
    outputs("three", [
        ([dense(3, activation="softmax")], "categorical_cross_entropy", 0.7, [3]),
        ([dense(2, activation="sigmoid")], "binary_cross_entropy", 1.3, [2]),
        ([dense(1)], {"type": "huber", "delta": 0.4}, 2, [1]),
    ], optimizer={"type": "adam", "learning_rate": 0.01}),
    outputs("positions", [
        ([dense(3)], "softmax_cross_entropy", 1, [2, 3]),
        ([FLATTEN, dense(3)], "sigmoid_dice", 0.5, [3]),
    ], shape=(2, 3)),
    outputs("quantiles", [
        ([dense(6)], {"type": "quantiles", "quantiles": [0.2, 0.5, 0.9]}, 1, [6]),
        ([dense(2, activation="softmax")], "kl_divergence", 0.3, [2]),
    ]),
    encoder_decoder("simple_rnn"),
    encoder_decoder("gru"),
    encoder_decoder("lstm", return_cell=True),
    encoder_decoder("lstm", FLATTEN, dense(6), return_cell=True, return_sequences=True),
    merge_case("add", [*MERGED, of("add", "a", "b"), dense(2)]),
    merge_case("add_of_four", [*MERGED, of("add", "a", "b", "input", "a"), dense(2)]),
    merge_case("subtract", [*MERGED, of("subtract", "a", "b"), dense(2)]),
    merge_case("multiply", [*MERGED, of("multiply", "a", "b", "input"), dense(2)]),
    merge_case("multiply_by_itself", [*MERGED[:1], of("multiply", "a", "a"), dense(2)]),
    merge_case("average", [*MERGED, of("average", "a", "b", "input"), dense(2)]),
    merge_case("maximum", [*MERGED, of("maximum", "a", "b", "input"), dense(2)]),
    merge_case("concatenate", [*MERGED, of("concatenate", "a", "input", "b"), dense(2)]),
    merge_case("concatenate_time", [*MERGED, of("concatenate", "a", "b", axis=0), dense(2)], (2, 3), batch=2),
    merge_case("concatenate_last", [*MERGED, of("concatenate", "a", "b", axis=-1), dense(2)], (2, 3), batch=2),
    merge_case("concatenate_channels", [
        conv2d(2, 3, padding="same", name="a"), conv2d(1, 1, inputs=["input"], name="b"),
        of("concatenate", "a", "b", "input"), FLATTEN, dense(2)], (2, 3, 3), batch=2),
    merge_case("gate", GATE, (2, 3, 3), batch=2),
    merge_case("broadcast_ranks", [
        layer("global_average_pool1d", name="mean"), of("subtract", "input", "mean"), FLATTEN, dense(2)], (3, 2), batch=2),
    merge_case("broadcast_both", [
        layer("reshape", shape=[3, 1], name="a"), dense(2, inputs=["input"], name="b"), of("add", "a", "b"),
        FLATTEN, dense(2)]),
    merge_case("skip_over_repeat", [
        dense(3, activation="tanh"),
        layer("repeat", name="stage", times=2, layers=[
            dense(3, activation="tanh", name="a"), dense(3), of("add", "dense_2", "a", "input")]),
        of("concatenate", "dense_1", "a_1", "stage"), dense(2)]),
    merge_case("body_of_residual", [
        residual(dense(3, activation="tanh", name="a"), dense(3, inputs=["input"], name="b"), of("multiply", "a", "b")),
        dense(2)]),
    merge_case("stop_gradient", [
        dense(3, activation="tanh", name="a"), layer("stop_gradient", name="as_it_is"), of("multiply", "a", "as_it_is"), dense(2)]),
    merge_case("penalties", [
        dense(4, activation="tanh", name="code"),
        dense(2, inputs=["code"]), layer("penalty", expression="0.5 * x * x", weight=0.25, name="mean"),
        dense(2, inputs=["code"]), layer("penalty", expression="0.5 * (exp(x) - 1 - x)", weight=0.5, name="spread"),
        of("add", "mean", "spread"), dense(2)]),
    merge_case("dot_of_vectors", [*MERGED, of("dot", "a", "b")]),
    merge_case("dot", [
        dense(3, activation="tanh", name="a"), dense(2, activation="sigmoid", inputs=["input"], name="b"),
        layer("permute", dims=[2, 1], name="turned"), of("dot", "turned", "a"), FLATTEN, dense(2)], (4, 2), batch=2),
    merge_case("dot_broadcast", [
        layer("reshape", shape=[2, 2, 3], name="rows"), layer("reshape", shape=[3, 4], inputs=["input"], name="columns"),
        of("dot", "rows", "columns"), FLATTEN, dense(2)], (12,), batch=2),
    merge_case("prediction_is_a_sum", [*MERGED, of("add", "a", "b")]),
    several("two_inputs", {"image": {"shape": [1, 3, 3]}, "meta": {"shape": [2]}}, [
        conv2d(2, 2, activation="tanh", inputs=["image"]), FLATTEN, of("concatenate", "flatten_1", "meta"), dense(2)]),
    several("tokens_and_numbers", {"text": {"shape": [3], "dtype": "token"}, "meta": {"shape": [2]}}, [
        {**embedding(5, 2), "inputs": ["text"]}, layer("global_average_pool1d"),
        of("add", "global_average_pool1d_1", "meta"), dense(2)]),
    several("attention_to_another", {"query": {"shape": [2, 4]}, "value": {"shape": [3, 3]}}, [
        of("multi_head_attention", "query", "value", heads=2), dense(2)], batch=2),
    several("attention_with_keys", {"query": {"shape": [2, 4]}, "value": {"shape": [3, 3]}, "key": {"shape": [3, 5]}}, [
        of("multi_head_attention", "query", "value", "key", heads=4), dense(2)], batch=2),
    several("attention_wide_heads", {"query": {"shape": [2, 4]}, "value": {"shape": [3, 3]}, "key": {"shape": [3, 5]}}, [
        of("multi_head_attention", "query", "value", "key", heads=2, key_dim=3), dense(2)], batch=2),
    several("attention_causal", {"query": {"shape": [3, 4]}, "value": {"shape": [2, 4]}}, [
        of("multi_head_attention", "query", "value", heads=2, causal=True, use_bias=False), dense(2)], batch=2),
    merge_case("auxiliary_loss", [
        dense(4, activation="tanh", name="trunk"), dense(3, name="second"), dense(3, activation="tanh", inputs=["trunk"]), dense(3, name="first"),
        of("auxiliary_loss", "first", "second", weight=0.4)], loss="softmax_cross_entropy", training={"class_weights": [1, 2.5, 0.4]}),
    merge_case("auxiliary_losses_masked", [
        layer("masking"), layer("gru", units=3, return_sequences=True, name="trunk"), dense(2, name="first"), dense(2, inputs=["trunk"], name="second"),
        dense(2, activation="sigmoid", inputs=["trunk"], name="third"),
        of("auxiliary_loss", "first", "second"), of("auxiliary_loss", "auxiliary_loss_1", "third", weight=0.2)], shape=(4, 2), batch=3, padding="behind"),
]
