"""The same weights in several places: a layer once more, copies of one set of weights, an output tied to a table."""

from fixture_cases.graphs import merge_case, of, several
from fixture_cases.parts import FLATTEN, case, conv2d, dense, embedding, layer, repeat, residual


def again(layer_name, *inputs, **options):
    return layer("shared", layer=layer_name, **({"inputs": list(inputs)} if inputs else {}), **options)


def copies(times, *layers):
    return {**repeat(times, *layers), "shared": True}


PAIR = {"a": {"shape": [3]}, "b": {"shape": [3]}}
SEQUENCES = {"a": {"shape": [3, 2]}, "b": {"shape": [3, 2]}}

CASES = [
    merge_case("shared_in_a_chain", [dense(3, activation="tanh"), again("dense_1"), again("shared_1"), dense(2)]),
    several("siamese", PAIR, [
        dense(4, activation="tanh", inputs=["a"]), dense(3, activation="prelu", name="head"),
        again("dense_1", "b"), again("head", name="other"), of("subtract", "head", "other"), dense(1)]),
    several("siamese_recurrent", SEQUENCES, [
        of("gru", "a", units=3, name="encoder"), again("encoder", "b", name="other"),
        of("concatenate", "encoder", "other"), dense(2)], batch=2),
    several("siamese_normalized", {"a": {"shape": [1, 3, 3]}, "b": {"shape": [1, 3, 3]}}, [
        conv2d(2, 2, inputs=["a"]), layer("batch_norm", momentum=0.8), FLATTEN,
        again("conv2d_1", "b"), again("batch_norm_1"), layer("flatten", name="flat"),
        of("subtract", "flatten_1", "flat"), dense(1)], batch=3),
    merge_case("shared_composite", [
        residual(dense(4, activation="tanh", name="a"), dense(4, name="b", inputs=["input"]), of("multiply", "a", "b")),
        layer("layer_norm"), again("residual_1", name="second"), again("layer_norm_1"), dense(2)], shape=(4,)),
    case("graph_repeat_shared", [
        copies(3, residual(layer("layer_norm"), layer("self_attention", heads=2)),
               residual(dense(6, activation="gelu"), dense(4))),
        layer("global_average_pool1d"), dense(2)], shape=(3, 4), batch=2),
    case("graph_repeat_shared_moving_averages", [
        copies(3, dense(3, activation="tanh"), layer("batch_norm", momentum=0.7)), dense(2)], batch=4,
        optimizer={"type": "adam", "learning_rate": 0.01}),
    case("graph_tied_output", [
        embedding(7, 4), layer("positional_embedding"), dense(4, activation="tanh"), dense(7, tied_to="embedding_1")],
        shape=(3,), tokens=True, loss="softmax_cross_entropy",
        optimizer={"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}),
    case("graph_tied_without_bias", [
        embedding(5, 3), dense(5, tied_to="embedding_1", use_bias=False, activation="softplus")], shape=(2,), tokens=True,
        training={"regularization": {"l2": 0.01}}),
    case("graph_tied_autoencoder", [
        dense(2, activation="sigmoid", name="code"), dense(4, tied_to="code", activation="sigmoid")], shape=(4,),
        training={"regularization": {"l1": 0.01, "l2": 0.02}}),
    case("graph_shared_penalized", [dense(3, activation="tanh"), again("dense_1"), dense(2)],
         training={"regularization": {"l1": 0.01, "l2": 0.02}, "gradient_clipping": {"type": "global_norm", "max_norm": 0.2}}),
]
