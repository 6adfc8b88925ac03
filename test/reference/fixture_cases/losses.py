"""Every loss, on one output and on several, saturated, weighted, and on sequences."""

from fixture_cases.parts import case, conv2d, dense


def classifier(name, loss, units, output=None, **options):
    return case(f"loss_{name}", [dense(4, "tanh"), dense(units, output)], loss=loss, **options)


# Some probabilities beyond the clip at 1e-7 at either end, where the loss has no slope.
SATURATED = {"gain": 12.0, "input_scale": 2.0}
CASES = [
    classifier("mean_squared_error", "mean_squared_error", 3),
    classifier("mean_squared_error_single", "mean_squared_error", 1),
    classifier("mean_absolute_error", "mean_absolute_error", 3),
    classifier("huber", "huber", 3, gain=2.0),
    classifier("huber_delta", {"type": "huber", "delta": 0.4}, 3),
    classifier("binary_cross_entropy", "binary_cross_entropy", 1, "sigmoid"),
    classifier("binary_cross_entropy_multiple", "binary_cross_entropy", 3, "sigmoid"),
    classifier("categorical_cross_entropy", "categorical_cross_entropy", 3, "softmax"),
    # Probabilities that do not sum to 1 are not renormalized.
    classifier("categorical_cross_entropy_of_sigmoids", "categorical_cross_entropy", 3, "sigmoid"),
    classifier("categorical_cross_entropy_saturated", "categorical_cross_entropy", 3, "softmax", **SATURATED),
    classifier("sigmoid_cross_entropy", "sigmoid_cross_entropy", 1),
    classifier("sigmoid_cross_entropy_multiple", "sigmoid_cross_entropy", 3),
    classifier("sigmoid_cross_entropy_saturated", "sigmoid_cross_entropy", 3, gain=20.0),
    classifier("softmax_cross_entropy", "softmax_cross_entropy", 3),
    classifier("poisson", "poisson", 3, "exponential"),
    classifier("poisson_softplus", "poisson", 1, "softplus"),
    classifier("kl_divergence", "kl_divergence", 3, "softmax"),
    classifier("hinge", "hinge", 1),
    classifier("hinge_multiple", "hinge", 3, gain=2.0),
    classifier("log_cosh", "log_cosh", 3, gain=3.0),
    classifier("sigmoid_focal_cross_entropy", "sigmoid_focal_cross_entropy", 1),
    classifier("sigmoid_focal_cross_entropy_balanced", {"type": "sigmoid_focal_cross_entropy", "alpha": 0.25, "gamma": 1.5}, 3),
    classifier("softmax_focal_cross_entropy", "softmax_focal_cross_entropy", 3),
    classifier("softmax_focal_cross_entropy_gamma", {"type": "softmax_focal_cross_entropy", "gamma": 0.5}, 3),
    classifier("quantile", {"type": "quantile", "quantile": 0.9}, 3),
    classifier("softmax_cross_entropy_saturated", "softmax_cross_entropy", 3, gain=20.0),
]
WEIGHTED = [
    ("softmax_cross_entropy", 3, None, [1, 2.5, 0.4]),
    ("categorical_cross_entropy", 3, "softmax", [0.5, 0, 3]),
    ("binary_cross_entropy", 1, "sigmoid", [0.6, 2]),
    ("sigmoid_cross_entropy", 1, None, [3, 0.7]),
    ("hinge", 1, None, [0.6, 2]),
    ("softmax_focal_cross_entropy", 3, None, [1, 2.5, 0.4]),
]
CASES += [
    classifier(f"{loss}_class_weights", loss, units, output, training={"class_weights": weights})
    for loss, units, output, weights in WEIGHTED
]
# A list of numbers, where a list of lists of one would say the same.
CASES += [
    classifier(f"{loss}_flat_targets", loss, 1, output, flat_targets=True)
    for loss, output in (
        ("mean_squared_error", None),
        ("mean_absolute_error", None),
        ("huber", None),
        ("binary_cross_entropy", "sigmoid"),
        ("sigmoid_cross_entropy", None),
    )
]
CASES += [
    classifier(f"{loss}_smoothed", loss, units, output, training={"label_smoothing": 0.2, **more})
    for loss, units, output, more in (
        ("softmax_cross_entropy", 3, None, {"class_weights": [1, 2.5, 0.4]}),
        ("categorical_cross_entropy", 3, "softmax", {}),
        ("binary_cross_entropy", 1, "sigmoid", {}),
        ("sigmoid_cross_entropy", 3, None, {}),
    )
]
CASES += [classifier("softmax_cross_entropy_sequence_smoothed", "softmax_cross_entropy", 3, shape=(3, 2), batch=3, training={"label_smoothing": 0.1})]
# A target for every time step.
CASES += [
    classifier(f"{loss}_sequence", loss, units, output, shape=(3, 2), batch=3)
    for loss, units, output in (
        ("mean_squared_error", 2, None),
        ("mean_absolute_error", 2, None),
        ("huber", 2, None),
        ("binary_cross_entropy", 2, "sigmoid"),
        ("sigmoid_cross_entropy", 2, None),
        ("poisson", 2, "exponential"),
        ("kl_divergence", 3, "softmax"),
        ("hinge", 2, None),
        ("log_cosh", 2, None),
        ("sigmoid_focal_cross_entropy", 2, None),
        ("softmax_focal_cross_entropy", 3, None),
        ("quantile", 2, None),
        ("categorical_cross_entropy", 3, "softmax"),
        ("softmax_cross_entropy", 3, None),
    )
]
CASES += [
    classifier(
        f"{loss}_sequence_class_weights",
        loss,
        3,
        output,
        shape=(3, 2),
        batch=3,
        training={"class_weights": [1, 2.5, 0.4]},
    )
    for loss, output in (("categorical_cross_entropy", "softmax"), ("softmax_cross_entropy", None))
]

# One loss of a whole sample, of each feature or channel by itself.
MASKS = [conv2d(3, 2, padding="same", activation="tanh"), conv2d(2, 1)]
PROBABLE = [conv2d(3, 2, padding="same", activation="tanh"), conv2d(2, 1, activation="sigmoid")]
CASES += [
    classifier(f"{loss}{name}", {"type": loss, **options}, 4, output)
    for loss, output in (("dice", "sigmoid"), ("sigmoid_dice", None), ("iou", "sigmoid"), ("sigmoid_iou", None))
    for name, options in (("", {}), ("_and_cross_entropy", {"smooth": 0.1, "cross_entropy": 0.5}))
]
CASES += [
    case(f"loss_{loss}_of_masks", layers, shape=(1, 3, 3), batch=3, loss={"type": loss, "cross_entropy": 1})
    for loss, layers in (("dice", PROBABLE), ("sigmoid_dice", MASKS), ("iou", PROBABLE), ("sigmoid_iou", MASKS))
]
CASES += [classifier("sigmoid_dice_sequence", {"type": "sigmoid_dice"}, 2, shape=(4, 2), batch=3)]
# A unit for each quantile of each target.
SHARES = {"type": "quantiles", "quantiles": [0.2, 0.5, 0.95]}
CASES += [
    classifier("quantiles", SHARES, 6),
    classifier("quantiles_of_one", SHARES, 3),
    classifier("quantiles_sequence", SHARES, 3, shape=(4, 2), batch=3),
]
