"""Optimizers as Keras 3 formulates them (keras/src/optimizers), and gradient clipping, by hand on PyTorch tensors."""

import math

import torch

from torch_numbers import TooClose

# What Keras takes where the request says nothing.
DEFAULTS = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "adamw": {"learning_rate": 0.001, "weight_decay": 0.004, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "nadam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "lion": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99},
}


class Optimizer:
    """Memory of every parameter under its name; `t` is 1 at the first update."""

    def __init__(self, config):
        given = {"type": config} if isinstance(config, str) else config
        self.update = globals()[given["type"]]
        self.options = {**DEFAULTS[given["type"]], **given}
        self.memory = {}
        self.t = 0

    def step(self, parameters, gradients):
        self.t += 1
        with torch.no_grad():
            for name, w in parameters.items():
                memory = self.memory.setdefault(name, {})
                w.copy_(self.update(w, gradients[name], memory, self.t, self.options))


def running(memory, key, value, rate):
    memory[key] = rate * memory.get(key, torch.zeros_like(value)) + (1 - rate) * value
    return memory[key]


def sgd(w, g, memory, _t, o):
    lr, momentum = o["learning_rate"], o["momentum"]
    if momentum == 0:
        return w - lr * g
    memory["v"] = momentum * memory.get("v", 0) - lr * g
    return w + momentum * memory["v"] - lr * g if o["nesterov"] else w + memory["v"]


def adam(w, g, memory, t, o):
    m = running(memory, "m", g, o["beta_1"])
    v = running(memory, "v", g**2, o["beta_2"])
    rate = o["learning_rate"] * math.sqrt(1 - o["beta_2"] ** t) / (1 - o["beta_1"] ** t)
    return w - rate * m / (torch.sqrt(v) + o["epsilon"])


def adamw(w, g, memory, t, o):
    return adam(w - o["learning_rate"] * o["weight_decay"] * w, g, memory, t, o)


def nadam(w, g, memory, t, o):
    def u(s):
        return o["beta_1"] * (1 - 0.5 * 0.96**s)

    product = math.prod(u(s) for s in range(1, t + 1))
    m = running(memory, "m", g, o["beta_1"])
    v = running(memory, "v", g**2, o["beta_2"])
    m_hat = u(t + 1) * m / (1 - product * u(t + 1)) + (1 - u(t)) * g / (1 - product)
    v_hat = v / (1 - o["beta_2"] ** t)
    return w - o["learning_rate"] * m_hat / (torch.sqrt(v_hat) + o["epsilon"])


def rmsprop(w, g, memory, _t, o):
    v = running(memory, "v", g**2, o["rho"])
    if o["centered"]:
        v = v - running(memory, "mean", g, o["rho"]) ** 2
    increment = o["learning_rate"] * g / torch.sqrt(v + o["epsilon"])
    memory["momentum"] = o["momentum"] * memory.get("momentum", 0) + increment
    return w - memory["momentum"]


def adagrad(w, g, memory, _t, o):
    memory["sum"] = memory.get("sum", o["initial_accumulator_value"]) + g**2
    return w - o["learning_rate"] * g / torch.sqrt(memory["sum"] + o["epsilon"])


def lion(w, g, memory, _t, o):
    m = memory.get("m", torch.zeros_like(g))
    direction = o["beta_1"] * m + (1 - o["beta_1"]) * g
    # So near 0, float32 may take the other sign.
    if direction.abs().min() < 1e-5 * direction.abs().max():
        raise TooClose
    memory["m"] = o["beta_2"] * m + (1 - o["beta_2"]) * g
    return w - o["learning_rate"] * torch.sign(direction)


def shrink(g, norm, limit):
    return torch.where(norm > limit, g * limit / norm, g)


def units(x):
    """L2 norm of every unit, broadcastable to x: a column of a kernel [in, out], an output channel of a kernel
    [out, in, …window]; a vector is one unit."""
    if x.dim() < 2:
        return x.norm()
    axes = tuple(range(1, x.dim())) if x.dim() > 2 else 0
    return torch.linalg.vector_norm(x, dim=axes, keepdim=True)


def clip(config, parameters, gradients):
    """New gradients."""
    if config is None:
        return gradients
    kind = config["type"]
    if kind == "global_norm":
        norm = torch.sqrt(sum((g**2).sum() for g in gradients.values()))
        return {name: shrink(g, norm, config["max_norm"]) for name, g in gradients.items()}
    if kind == "norm":
        return {name: shrink(g, g.norm(), config["max_norm"]) for name, g in gradients.items()}
    if kind == "value":
        return {name: g.clamp(-config["max_value"], config["max_value"]) for name, g in gradients.items()}
    if kind == "adaptive":
        limits = {name: config["ratio"] * units(w.detach()).clamp(min=1e-3) for name, w in parameters.items()}
        return {name: shrink(g, units(g), limits[name]) for name, g in gradients.items()}
    raise ValueError(kind)


def fitting_clip(kind, parameters, gradients):
    """A clipping of which the first gradient feels something, but not everywhere (global_norm: half of it)."""

    def middle(values):
        return float(f"{torch.cat([v.flatten() for v in values]).median().item():.2g}")

    values = gradients.values()
    if kind == "global_norm":
        norm = torch.sqrt(sum((g**2).sum() for g in values))
        return {"type": kind, "max_norm": middle([norm / 2])}
    if kind == "norm":
        return {"type": kind, "max_norm": middle([g.norm() for g in values])}
    if kind == "value":
        return {"type": kind, "max_value": middle([g.abs() for g in values])}
    ratios = [units(g) / units(parameters[name].detach()).clamp(min=1e-3) for name, g in gradients.items()]
    return {"type": kind, "ratio": middle(ratios)}
