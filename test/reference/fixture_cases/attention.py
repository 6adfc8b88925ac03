"""Self-attention and positions."""

from fixture_cases.parts import FLATTEN, case, dense, embedding, layer, residual

SAMPLES = 3
POOL = layer("global_average_pool1d")


def attention(heads, **options):
    return layer("self_attention", heads=heads, **options)


def sequence_case(name, layers, shape=(3, 4), **more):
    return case(f"layer_{name}", layers, shape=shape, **{"batch": SAMPLES, **more})


POSITIONS = {"positional_embedding": {}, "positional_embedding_sinusoidal": {"kind": "sinusoidal"}}

CASES = [
    sequence_case("self_attention_one_head", [attention(1), dense(2)]),
    sequence_case("self_attention_two_heads", [attention(2), dense(2)]),
    sequence_case("self_attention_head_per_feature", [attention(4), dense(2)]),
    sequence_case("self_attention_of_six", [attention(3), dense(2)], (4, 6), batch=2),
    sequence_case("self_attention_only", [attention(2, causal=False)]),
    sequence_case("self_attention_wide_heads", [attention(2, key_dim=3), dense(2)]),
    sequence_case("self_attention_narrow_heads", [attention(3, key_dim=1, causal=True), dense(2)]),
    sequence_case("self_attention_causal", [attention(2, causal=True), dense(2)]),
    sequence_case("self_attention_causal_one_head", [attention(1, causal=True), FLATTEN, dense(2)], (5, 2)),
    sequence_case("self_attention_one_step", [attention(2), dense(2)], (1, 4)),
    sequence_case("self_attention_causal_one_step", [attention(2, causal=True), dense(2)], (1, 4)),
    sequence_case("self_attention_batch_of_one", [attention(2), dense(2)], batch=1),
    sequence_case("self_attention_one_feature", [attention(1), dense(2)], (3, 1)),
    # Attention to one position nearly alone.
    sequence_case("self_attention_sharp", [attention(2), dense(2)], gain=2.0, input_scale=2.0),
    sequence_case("self_attention_stacked", [attention(2), attention(1, causal=True), POOL, dense(2)]),
    sequence_case(
        "self_attention_regularized",
        [attention(2), dense(2)],
        training={"regularization": {"l1": 0.02, "l2": 0.05}},
    ),
    *[
        sequence_case(f"self_attention_{name}", [attention(heads, **options), dense(2)], shape)
        for name, heads, shape, options in (
            ("rotary", 2, (5, 8), {"positions": "rotary"}),
            ("rotary_interleaved", 1, (4, 6), {"positions": {"type": "rotary", "interleaved": True, "base": 100}}),
            ("rotary_of_a_part", 2, (4, 8), {"positions": {"type": "rotary", "dimensions": 2}, "causal": True}),
            ("alibi", 4, (4, 4), {"positions": "alibi", "causal": True}),
            ("alibi_of_three", 3, (4, 3), {"positions": "alibi"}),
            ("relative_bias", 2, (6, 4), {"positions": {"type": "relative_bias", "buckets": 8, "max_distance": 5}}),
            ("relative_bias_causal", 2, (6, 4),
             {"positions": {"type": "relative_bias", "buckets": 4, "max_distance": 4}, "causal": True, "scale": 1}),
            ("window_bias", 2, (6, 4), {"positions": {"type": "window_bias", "window": [2, 3]}}),
            ("shared_keys", 4, (3, 8), {"key_value_heads": 2}),
            ("one_key", 2, (3, 4), {"key_value_heads": 1, "use_bias": False, "positions": "rotary", "causal": True}),
        )
    ],
    sequence_case("residual_self_attention", [residual(attention(2)), dense(2)]),
    sequence_case("residual_self_attention_norm", [residual(layer("layer_norm"), attention(2, causal=True)), dense(2)]),
    sequence_case("residual_self_attention_projection", [residual(attention(2), dense(3, "tanh")), dense(2)]),
    *[
        entry
        for name, options in POSITIONS.items()
        for entry in (
            sequence_case(name, [layer("positional_embedding", **options), dense(3, "tanh"), FLATTEN, dense(2)]),
            sequence_case(
                f"{name}_odd", [layer("positional_embedding", **options), dense(3, "tanh"), POOL, dense(2)], (4, 5)
            ),
            sequence_case(
                f"{name}_one_step", [layer("positional_embedding", **options), FLATTEN, dense(2, "tanh")], (1, 2)
            ),
            sequence_case(
                f"{name}_of_tokens",
                [embedding(5, 4), layer("positional_embedding", **options), dense(3, "tanh"), POOL, dense(2)],
                (3,),
                tokens=True,
            ),
        )
    ],
    sequence_case(
        "positional_embedding_learned_named",
        [layer("positional_embedding", kind="learned"), dense(3, "tanh"), FLATTEN, dense(2)],
    ),
]
