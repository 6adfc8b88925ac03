"""The smallest, the deepest, the faintest and the overflowing."""

from fixture_cases.parts import FLATTEN, SGD, case, dense, embedding, layer, repeat, residual

CROSS_ENTROPY = "softmax_cross_entropy"
OVERFLOWING = {"expression": "where(x > 1, exp(1000 * x), x)"}
FAINT = (
    "The first gradients are smaller than most checks allow for. Compare relative to the largest number of the "
    "tensor; below 1.2e-38 float32 has no normal numbers and may keep fewer digits or none."
)


def faint(name, times, first_gradient):
    layers = [repeat(times, dense(4, "sigmoid")), dense(2)]
    return case(f"edge_{name}", layers, batch=2, note=FAINT, first_gradient=first_gradient)


CASES = [
    case("edge_batch_of_one", [dense(4, "tanh"), dense(2)], batch=1),
    case("edge_batch_of_one_classes", [dense(4, "tanh"), dense(3)], loss=CROSS_ENTROPY, batch=1),
    case("edge_batch_of_one_binary", [dense(4, "tanh"), dense(1)], loss="sigmoid_cross_entropy", batch=1),
    case("edge_batch_of_one_layer_norm", [dense(4), layer("layer_norm"), dense(2)], batch=1),
    # Its own mean: the normalized numbers are 0 and nothing flows back.
    case(
        "edge_batch_of_one_batch_norm",
        [dense(4), layer("batch_norm"), dense(2)],
        batch=1,
        note="The batch variance of one sample is 0: the norm gives beta, and nothing flows back through it.",
    ),
    case("edge_batch_of_one_batch_norm_sequence", [dense(4), layer("batch_norm"), FLATTEN, dense(2)], (3, 2), batch=1),
    case("edge_batch_of_two_batch_norm", [dense(4), layer("batch_norm"), dense(2)], batch=2),
    case("edge_one_unit", [dense(1, "tanh"), dense(1, "tanh"), dense(1)], (1,)),
    case("edge_one_of_all", [dense(1)], (1,), batch=1),
    case("edge_one_unit_layer_norm", [dense(1), layer("layer_norm"), dense(2)]),
    case("edge_one_unit_rms_norm", [dense(1), layer("rms_norm"), dense(2)]),
    case("edge_one_unit_softmax", [dense(1, "softmax"), dense(2)]),
    case(
        "edge_one_class",
        [dense(4, "tanh"), dense(1)],
        loss=CROSS_ENTROPY,
        note="The softmax over one class is 1: the loss is 0 and so are all gradients.",
    ),
    case(
        "edge_one_class_sequence",
        [dense(4, "tanh"), dense(1)],
        (3, 2),
        loss=CROSS_ENTROPY,
        note="The softmax over one class is 1: the loss is 0 and so are all gradients.",
    ),
    case("edge_two_classes", [dense(4, "tanh"), dense(2)], loss=CROSS_ENTROPY),
    case("edge_sequence_of_one", [dense(4, "tanh"), dense(2)], (1, 3)),
    case("edge_sequence_of_one_classes", [dense(4, "tanh"), dense(3)], (1, 3), loss=CROSS_ENTROPY),
    case("edge_image_of_one", [FLATTEN, dense(4, "tanh"), dense(2)], (1, 1, 1)),
    case("edge_token_of_one", [embedding(1, 1), FLATTEN, dense(1)], (1,), tokens=True, batch=1),
    case("edge_residual_of_one_unit", [residual(dense(1, "tanh")), residual(dense(1, "tanh")), dense(1)], (1,)),
    case("edge_repeat_once", [repeat(1, dense(4, "tanh")), dense(2)]),
    case(
        "edge_zero_parameters",
        [dense(4, "tanh"), dense(2)],
        zeros=["dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"],
    ),
    case("edge_zero_inputs", [dense(4, "tanh"), dense(2)], input_scale=0.0),
    case("edge_deep_tanh", [repeat(100, dense(4, "tanh")), dense(2)], batch=2),
    faint("deep_sigmoid", 45, (1e-31, 1e-29)),
    faint("deep_sigmoid_below_float32", 60, (1e-42, 1e-39)),
    # Infinite at the first step, whatever the precision.
    case(
        "edge_overflowing_expression",
        [dense(4, OVERFLOWING), dense(2)],
        input_scale=2.0,
        note="The output is infinite where the number before the formula is above 1. Training ends at step 0.",
    ),
    case(
        "edge_overflowing_loss",
        [dense(2)],
        optimizer={**SGD, "learning_rate": 1e8},
        note="Grows until the float32 loss is infinite; the losses before it are finite. Training ends there.",
    ),
]
