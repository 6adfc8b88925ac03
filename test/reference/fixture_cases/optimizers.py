"""Every optimizer with its options × clippings × regularization."""

from fixture_cases.parts import SGD, case, dense

# Each with options that are not the defaults; the defaults have cases of their own.
OPTIMIZERS = {
    "sgd": {"type": "sgd", "learning_rate": 0.2},
    "sgd_momentum": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.8},
    "sgd_nesterov": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.8, "nesterov": True},
    "adam": {"type": "adam", "learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4},
    "adamw": {"type": "adamw", "learning_rate": 0.02, "beta_1": 0.85, "beta_2": 0.97, "weight_decay": 0.3},
    "nadam": {"type": "nadam", "learning_rate": 0.02, "beta_1": 0.85, "beta_2": 0.97, "epsilon": 1e-5},
    "rmsprop": {"type": "rmsprop", "learning_rate": 0.01, "rho": 0.8, "epsilon": 1e-5},
    "rmsprop_momentum": {"type": "rmsprop", "learning_rate": 0.01, "momentum": 0.6},
    "rmsprop_centered": {"type": "rmsprop", "learning_rate": 0.01, "centered": True, "momentum": 0.3},
    "adagrad": {"type": "adagrad", "learning_rate": 0.1, "initial_accumulator_value": 0.02, "epsilon": 1e-5},
    "lion": {"type": "lion", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95},
}
CLIPPINGS = ("global_norm", "norm", "value", "adaptive")


def optimized(name, optimizer, training=None, **draws):
    # A bias of zeros, which adaptive clipping must let learn.
    return case(
        f"optimizer_{name}",
        [dense(4, "tanh"), dense(2)],
        optimizer=optimizer,
        training=training,
        zeros=["dense_1/bias"],
        **draws,
    )


CASES = [
    *[optimized(f"{kind}_defaults", kind) for kind in ("sgd", "adam", "adamw", "nadam", "rmsprop", "adagrad", "lion")],
    *[optimized(name, options) for name, options in OPTIMIZERS.items()],
    *[
        optimized(f"{name}_regularized", options, {"regularization": {"l1": 0.02, "l2": 0.03}})
        for name, options in OPTIMIZERS.items()
    ],
    *[
        optimized(f"{name}_clip_{clipping}", options, clip=clipping)
        for name, options in OPTIMIZERS.items()
        for clipping in CLIPPINGS
    ],
    optimized("sgd_l1", SGD, {"regularization": {"l1": 0.05}}),
    optimized("sgd_l2", SGD, {"regularization": {"l2": 0.05}}),
    optimized("sgd_regularized_clip_global_norm", SGD, {"regularization": {"l1": 0.05, "l2": 0.1}}, clip="global_norm"),
]
