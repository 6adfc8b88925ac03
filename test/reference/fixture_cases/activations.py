"""Every activation, with and without options, and formulas of users."""

from fixture_cases.parts import case, dense

# Wide inputs and kernels, so that numbers lie on every side of kinks at ±1, ±3 and 6.
WIDE = {"gain": 2.0, "input_scale": 2.5}
ACTIVATIONS = [
    *[(name, name, {}) for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "celu", "selu")],
    *[(name, name, {}) for name in ("gelu", "silu", "mish", "softplus", "softsign", "exponential", "sine")],
    *[(name, name, {}) for name in ("squared_relu", "softmax")],
    *[(name, name, WIDE) for name in ("relu6", "hard_sigmoid", "hard_tanh", "hard_swish")],
    ("leaky_relu_slope", {"type": "leaky_relu", "negative_slope": 0.3}, {}),
    ("prelu_slope", {"type": "prelu", "initial_slope": 0.1}, {}),
    ("elu_alpha", {"type": "elu", "alpha": 0.7}, {}),
    ("celu_alpha", {"type": "celu", "alpha": 1.8}, {}),
    ("gelu_approximate", {"type": "gelu", "approximate": True}, {}),
    ("expression_swish", {"expression": "x * sigmoid(1.7 * x)"}, {}),
    ("expression_where", {"expression": "where(x > 0, x, 0.2 * x)"}, {}),
    ("expression_mixed", {"expression": "max(x, 0.1 * x) - tanh(x) / (1 + x^2)"}, {}),
]
CASES = [
    case(f"activation_{name}", [dense(4, config), dense(4, config), dense(2)], **draws)
    for name, config, draws in ACTIVATIONS
]
