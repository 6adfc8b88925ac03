"""Writes test/reference/fixtures: what PyTorch computes of small experiments, in float64.

Run by hand, from anywhere, when a case is added: /usr/bin/python3 test/reference/generate_fixtures.py
With patterns behind it ('layer_conv1d_*') only the cases of these names are written.
The same numbers come out every time; the cases are in fixture_cases/, the format is in README.md.
"""

import fnmatch
import json
import math
import pathlib
import re
import sys
from dataclasses import dataclass

import torch

import torch_cross_checks
from fixture_cases import CASES
from torch_losses import BINARY, CLASSES, joint_targets, loss_type, total_loss
from torch_network import Network, drawing
from torch_numbers import Margin, TooClose, rounded
from torch_optimizers import Optimizer, clip, fitting_clip

FOLDER = pathlib.Path(__file__).parent / "fixtures"
BATCH = 5
STEPS = 6
# How far float32 may stray from float64, in parts of a tensor's largest number.
TOLERANCE = 1e-5
# Below its smallest normal number float32 loses digits.
SMALLEST = 1.2e-38


@dataclass
class Problem:
    """An experiment with its random numbers, all of them float64."""

    layers: list
    training: dict
    parameters: dict
    inputs: "torch.Tensor | dict"
    targets: torch.Tensor

    def network(self, dtype=torch.float64):
        return Network(self.layers, lambda name, _shape: self.parameters[name], dtype)

    def batch(self, dtype=torch.float64):
        """Inputs that the gradients flow back to (tokens: as they are), and targets."""

        def ready(x):
            return x.to(dtype).requires_grad_() if x.is_floating_point() else x

        several = isinstance(self.inputs, dict)
        inputs = {name: ready(x) for name, x in self.inputs.items()} if several else ready(self.inputs)
        return inputs, self.targets.to(dtype)


def draw(case, seed):
    random = torch.Generator().manual_seed(seed)
    layers = case["network"]["layers"]
    network = Network(layers, drawing(random, case.get("gain", 1.0)))
    inputs = draw_inputs(case, random)
    prediction = network.forward(inputs)
    if case.get("all_pieces", True):
        check_pieces(network)
    parameters = {name: value.detach() for name, value in network.parameters.items()}
    for name in case.get("zeros", []):
        parameters[name] = torch.zeros_like(parameters[name])
    shape = list(prediction.shape)
    if loss_type(case["training"]["loss"]) == "quantiles":
        shape[-1] //= len(case["training"]["loss"]["quantiles"])
    targets = draw_all_targets(case["training"]["loss"], shape, random)
    training = {**case["training"], "batch_size": len(targets), "steps": STEPS}
    problem = Problem(layers, training, parameters, inputs, targets)
    if "clip" in case:
        network = problem.network()
        _, _, gradients = gradients_of(training, network, *problem.batch())
        training["gradient_clipping"] = fitting_clip(case["clip"], network.parameters, gradients)
    return problem


def draw_inputs(case, random):
    network = case["network"]
    if "inputs" in network:
        return {name: draw_input(case, entry, name, random) for name, entry in network["inputs"].items()}
    return draw_input(case, network["input"], "input", random)


def draw_input(case, entry, name, random):
    shape = [case.get("batch", BATCH), *entry["shape"]]
    if entry.get("dtype") == "token":
        tables = [layer for layer in case["network"]["layers"] if "vocabulary" in layer]
        table = next(layer for layer in tables if name in layer.get("inputs", [name]))
        tokens = torch.randint(table["vocabulary"], shape, generator=random)
        return padded(tokens.clamp(min=1), padding_of(case, name), 0) if "padding" in case else tokens
    if "whole_numbers" in case:
        return torch.randint(case["whole_numbers"], shape, generator=random).double()
    values = rounded(torch.randn(*shape, generator=random, dtype=torch.float64) * case.get("input_scale", 1.0))
    masks = [layer for layer in case["network"]["layers"] if layer["type"] == "masking"]
    return padded(values, case["padding"], masks[0].get("value", 0)) if "padding" in case and masks else values


def padding_of(case, name):
    """One for all inputs, or one by name."""
    return case["padding"] if isinstance(case["padding"], str) else case["padding"][name]


def padded(x, where, value):
    """x [batch, time, …] with `value` at time steps behind, before or between the others: other ones in every sample;
    `all`: behind, and the whole last sample."""
    batch, time = x.shape[:2]
    step, sample = torch.arange(time), torch.arange(batch).unsqueeze(1)
    length = time - sample % time
    hidden = {
        "behind": step >= length,
        "before": step < time - length,
        "between": (step + sample) % 3 == 1,
        "all": (step >= length) | (sample == batch - 1),
    }[where]
    return torch.where(hidden.reshape(batch, time, *[1] * (x.dim() - 2)), torch.tensor(value, dtype=x.dtype), x)


def draw_all_targets(loss, prediction_shape, random):
    """Of several outputs side by side."""
    if loss_type(loss) != "joint":
        return draw_targets(loss_type(loss), prediction_shape, random)
    batch, columns = prediction_shape[0], []
    for output in loss["outputs"]:
        shape = [batch, *output["shape"]]
        if loss_type(output["loss"]) not in CLASSES:
            shape[-1] = joint_targets(output) // math.prod(shape[1:-1])
        columns.append(draw_targets(loss_type(output["loss"]), shape, random).reshape(batch, -1))
    return torch.cat(columns, 1)


def draw_targets(loss, prediction_shape, random):
    if loss in CLASSES:
        # Every class occurs where there are as many targets.
        *positions, classes = prediction_shape
        count = math.prod(positions)
        return (torch.arange(count) % classes)[torch.randperm(count, generator=random)].reshape(positions).double()
    values = torch.randn(*prediction_shape, generator=random, dtype=torch.float64)
    if loss == "poisson":
        return torch.floor(values.abs() * 3)
    if loss == "kl_divergence":
        return rounded(torch.softmax(values, -1))
    if loss not in BINARY:
        return rounded(values)
    targets = (values > 0).double()
    if targets.numel() > 1 and targets.min() == targets.max():
        raise TooClose
    return targets


def check_pieces(network):
    """Every piece of a kinked activation is tried."""
    for counts in network.pieces.values():
        if counts.min() == 0:
            raise TooClose


def gradients_of(training, network, inputs, targets):
    prediction = network.forward(inputs)
    for tensor in network.parameters.values():
        tensor.grad = None
    for output in network.outputs.values():
        output.retain_grad()
    loss = total_loss(training, network, prediction, targets)
    loss.backward()
    return prediction, loss, {name: w.grad.clone() for name, w in network.parameters.items()}


def measure(problem, dtype):
    """Everything that a fixture expects, as tensors."""
    network, (inputs, targets) = problem.network(dtype), problem.batch(dtype)
    prediction, loss, gradients = gradients_of(problem.training, network, inputs, targets)
    expected = {
        "output": prediction.detach(),
        "loss": loss.detach(),
        "layer_outputs": {name: output.detach() for name, output in network.outputs.items()},
    }
    if loss.isfinite():
        expected["output_gradients"] = {name: output.grad for name, output in network.outputs.items()}
        expected["gradients"] = gradients
    losses = train(problem.training, network, inputs, targets)
    if not losses[-1].isfinite():
        return {**expected, "diverged_at_step": len(losses) - 1, "steps": {"losses": losses}}
    expected["steps"] = {
        "losses": losses,
        "parameters_after": {name: value.detach() for name, value in network.parameters.items()},
        "states": network.states,
        "inference_output": network.forward(inputs, training=False).detach(),
    }
    return expected


def train(training, network, inputs, targets):
    """The loss before every update, up to the first that is not finite."""
    optimizer, losses = Optimizer(training["optimizer"]), []
    for _ in range(STEPS):
        _, loss, gradients = gradients_of(training, network, inputs, targets)
        losses.append(loss.detach())
        if not loss.isfinite():
            break
        optimizer.step(network.parameters, clip(training.get("gradient_clipping"), network.parameters, gradients))
        network.update_states()
    return torch.stack(losses)


def cancel_rounding(exact, single):
    """Sets gradients to 0 that are nothing but rounding: float64 has them far smaller than float32. Gives the names of
    all that are 0: `<layer>/<parameter>`, or `<layer>` for the gradient of its output."""
    names = []
    for kind in ("output_gradients", "gradients"):
        for name, value in exact.get(kind, {}).items():
            if value.abs().max() <= 1e-4 * single[kind][name].abs().max():
                exact[kind][name] = single[kind][name] = torch.zeros_like(value)
            if not value.any() or not exact[kind][name].any():
                names.append(name)
    return names


def strays(exact, single, tolerance):
    """Whether any float32 number is off by more than TOLERANCE of the largest in its tensor."""
    if isinstance(exact, dict):
        return any(strays(value, single[key], tolerance) for key, value in exact.items())
    if not torch.is_tensor(exact):
        return exact != single
    finite = exact.isfinite()
    if exact.shape != single.shape or not torch.equal(exact[~finite], single[~finite].double()):
        return True
    difference = (exact[finite] - single[finite].double()).abs()
    largest = exact[finite].abs().max() if finite.any() else 0
    return bool((difference > tolerance * largest + SMALLEST).any())


def first_gradient_fits(case, exact):
    low, high = case["first_gradient"]
    return low < next(iter(exact["gradients"].values())).abs().max() < high


def compute(case, seed):
    problem = draw(case, seed)
    exact, single = measure(problem, torch.float64), measure(problem, torch.float32)
    if "diverged_at_step" in single:
        # Where float32 overflows float64 may not; and there the story ends.
        losses = exact["steps"]["losses"][: single["diverged_at_step"]]
        exact["diverged_at_step"] = single["diverged_at_step"]
        exact["steps"] = {"losses": torch.cat([losses, single["steps"]["losses"][-1:].double()])}
    if not case.get("layer_outputs", True):
        for measured in (exact, single):
            measured["layer_outputs"] = {}
            measured.pop("output_gradients", None)
    zeros = cancel_rounding(exact, single)
    if strays(exact, single, case.get("tolerance", TOLERANCE)):
        raise TooClose
    if "first_gradient" in case and not first_gradient_fits(case, exact):
        raise TooClose
    return problem, exact, zeros


def fixture(case):
    """With the first seed whose numbers stay clear of every kink, through all steps."""
    Margin.value = case.get("margin", 1e-3)
    for seed in range(5000):
        try:
            problem, exact, zeros = compute(case, seed)
        except TooClose:
            continue
        cross_check(problem)
        return {
            "name": case["name"],
            **({"note": case["note"]} if "note" in case else {}),
            "experiment": experiment(case, problem),
            "parameters": encode(problem.parameters),
            "zero_gradients": zeros,
            "expected": encode(exact),
        }
    raise RuntimeError(f"{case['name']}: no seed fits")


def cross_check(problem):
    network = problem.network()
    network.forward(problem.batch()[0])
    torch_cross_checks.check(network)


def experiment(case, problem):
    """A request body that is complete but for its initial weights."""
    whole = loss_type(problem.training["loss"]) in CLASSES | BINARY
    targets = problem.targets.flatten() if case.get("flat_targets") else problem.targets
    return {
        "network": case["network"],
        "data": {
            "type": "inline",
            "inputs": nested(problem.inputs),
            "targets": nested(targets.long() if whole else targets),
            "validation_split": 0,
            "shuffle": False,
        },
        "training": problem.training,
    }


def nested(tensor):
    if isinstance(tensor, dict):
        return {name: nested(entry) for name, entry in tensor.items()}
    return number(tensor.item()) if tensor.dim() == 0 else [nested(row) for row in tensor]


def number(x):
    """Nine digits tell float32 numbers apart. JSON has no infinity, so its name stands for it."""
    if isinstance(x, int):
        return x
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    # Adding 0 takes the sign off -0.
    return float(f"{x:.9g}") + 0.0


def encode(value):
    """JSON of tensors: a number, a list of them (the losses), or shape and row-major data."""
    if isinstance(value, dict):
        return {key: nested(entry) if key == "losses" else encode(entry) for key, entry in value.items()}
    if not torch.is_tensor(value):
        return value
    if value.dim() == 0:
        return number(value.item())
    return {"shape": list(value.shape), "data": [number(x) for x in value.flatten().tolist()]}


def text(value):
    """JSON with a line per object entry and every list of numbers on one line."""
    spread = json.dumps(value, indent=1, allow_nan=False)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", spread) + "\n"


def main():
    torch.set_num_threads(1)
    torch_cross_checks.open_reset_gate_matches_torch()
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names), "two cases share a name"
    FOLDER.mkdir(exist_ok=True)
    patterns = sys.argv[1:]
    if not patterns:
        for path in FOLDER.glob("*.json"):
            path.unlink()
    for case in CASES:
        if patterns and not any(fnmatch.fnmatch(case["name"], pattern) for pattern in patterns):
            continue
        (FOLDER / f"{case['name']}.json").write_text(text(fixture(case)))
    size = sum(path.stat().st_size for path in FOLDER.glob("*.json"))
    print(f"{len(names)} fixtures, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
