"""Embeddings, and simple_rnn, lstm and gru, with and without return_sequences."""

from fixture_cases.parts import FLATTEN, case, dense, embedding, layer

KINDS = ("simple_rnn", "lstm", "gru")
SAMPLES = 3


def sequence_case(name, layers, shape=(4, 2), **more):
    return case(f"layer_{name}", layers, shape=shape, **{"batch": SAMPLES, **more})


def last(kind, units=3, **options):
    return layer(kind, units=units, **options)


def every(kind, units=3, **options):
    return layer(kind, units=units, return_sequences=True, **options)


def of_each_kind(kind):
    return [
        sequence_case(kind, [last(kind), dense(2)]),
        sequence_case(f"{kind}_last_named", [layer(kind, units=3, return_sequences=False), dense(2)]),
        # A target for every time step.
        sequence_case(f"{kind}_sequences", [every(kind), dense(2)]),
        sequence_case(f"{kind}_sequences_flatten", [every(kind), FLATTEN, dense(2)]),
        sequence_case(f"{kind}_stacked", [every(kind), last(kind, 2), dense(2)]),
        sequence_case(f"{kind}_only", [last(kind, 2)]),
        sequence_case(f"{kind}_one_step", [last(kind), dense(2)], (1, 2)),
        sequence_case(f"{kind}_sequences_one_step", [every(kind), dense(2)], (1, 2)),
        sequence_case(f"{kind}_batch_of_one", [last(kind), dense(2)], batch=1),
        sequence_case(f"{kind}_sequences_batch_of_one", [every(kind), dense(2)], batch=1),
        sequence_case(f"{kind}_one_unit", [last(kind, 1), dense(2)]),
        sequence_case(f"{kind}_sequences_one_unit", [every(kind, 1), dense(2)], (4, 1)),
        sequence_case(f"{kind}_one_of_all", [last(kind, 1)], (1, 1), batch=1),
        sequence_case(f"{kind}_long", [last(kind, 2), dense(1)], (20, 1)),
        # Gates far from their middles.
        sequence_case(f"{kind}_wide", [every(kind), dense(2)], gain=3.0, input_scale=1.5),
        sequence_case(
            f"{kind}_regularized", [last(kind), dense(2)], training={"regularization": {"l1": 0.02, "l2": 0.05}}
        ),
    ]


CASES = [
    *[entry for kind in KINDS for entry in of_each_kind(kind)],
    *[
        sequence_case(f"simple_rnn_{activation}", [every("simple_rnn", 3, activation=activation), dense(2)])
        for activation in ("relu", "sigmoid", "linear", "softsign")
    ],
    sequence_case("lstm_activations", [every("lstm", activation="softsign", recurrent_activation="hard_sigmoid"), dense(2)]),
    sequence_case("lstm_prelu", [last("lstm", activation="prelu", recurrent_activation="prelu"), dense(2)]),
    sequence_case("gru_activations", [last("gru", activation="softsign", recurrent_activation="hard_sigmoid"), dense(2)]),
    sequence_case("gru_reset_after", [last("gru", reset_after=True), dense(2)]),
    sequence_case("gru_reset_after_sequences", [every("gru", reset_after=True), dense(2)], gain=2.0),
    *[
        sequence_case(f"bidirectional_{kind}{name}", [layer("bidirectional", layer=inner(kind)), dense(2)])
        for kind in KINDS
        for name, inner in (("", last), ("_sequences", every))
    ],
    *[
        sequence_case(f"bidirectional_{merge}", [layer("bidirectional", layer=every("lstm", 2), merge=merge), dense(2)])
        for merge in ("add", "average", "multiply")
    ],
    sequence_case("bidirectional_prelu", [layer("bidirectional", layer=last("simple_rnn", 2, activation="prelu")), dense(2)]),
    sequence_case("embedding", [embedding(6, 3), FLATTEN, dense(2)], (3,), tokens=True),
    # Every token occurs many times, so that their gradients add up.
    sequence_case("embedding_repeated", [embedding(2, 3), FLATTEN, dense(2)], (4,), tokens=True),
    sequence_case("embedding_sparse", [embedding(12, 2), FLATTEN, dense(2)], (2,), tokens=True),
    sequence_case("embedding_one_token", [embedding(1, 2), FLATTEN, dense(2)], (2,), tokens=True),
    sequence_case("embedding_one_step", [embedding(4, 3), FLATTEN, dense(2)], (1,), tokens=True),
    sequence_case("embedding_batch_of_one", [embedding(4, 3), FLATTEN, dense(2)], (3,), tokens=True, batch=1),
    # Only the kernel is penalized, not the table.
    sequence_case(
        "embedding_regularized",
        [embedding(5, 3), FLATTEN, dense(2)],
        (3,),
        tokens=True,
        training={"regularization": {"l1": 0.02, "l2": 0.05}},
    ),
]
