"""Writes fixtures/*.json with PyTorch, in float64: /usr/bin/python3 test/reference/generate_fixtures.py

Independent of the engine: networks are written out in torch by the conventions of the HTTP contract, optimizers by
Keras 3's formulas. Every fixture is a complete experiment on inline data, whose every step sees all samples in order.
"""
import json, math, os
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
OUT = os.path.join(os.path.dirname(__file__), "fixtures")
N, IN, UNITS, CLASSES, STEPS = 5, 3, 4, 3, 6


def selu(x):
    return 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543772 * (torch.exp(torch.clamp(x, max=0)) - 1))


ACTIVATIONS = {
    "linear": ("linear", lambda x, p: x),
    "sigmoid": ("sigmoid", lambda x, p: torch.sigmoid(x)),
    "tanh": ("tanh", lambda x, p: torch.tanh(x)),
    "relu": ("relu", lambda x, p: F.relu(x)),
    "relu6": ("relu6", lambda x, p: F.relu6(x)),
    "leaky_relu": ({"type": "leaky_relu", "negative_slope": 0.1}, lambda x, p: F.leaky_relu(x, 0.1)),
    "prelu": ({"type": "prelu", "initial_slope": 0.2}, lambda x, p: torch.where(x > 0, x, p["slope"] * x)),
    "elu": ({"type": "elu", "alpha": 1.5}, lambda x, p: F.elu(x, 1.5)),
    "celu": ({"type": "celu", "alpha": 0.7}, lambda x, p: F.celu(x, 0.7)),
    "selu": ("selu", lambda x, p: selu(x)),
    "gelu": ("gelu", lambda x, p: F.gelu(x)),
    "gelu_tanh": ({"type": "gelu", "approximate": True}, lambda x, p: F.gelu(x, approximate="tanh")),
    "silu": ("silu", lambda x, p: F.silu(x)),
    "mish": ("mish", lambda x, p: F.mish(x)),
    "softplus": ("softplus", lambda x, p: F.softplus(x)),
    "softsign": ("softsign", lambda x, p: F.softsign(x)),
    "hard_sigmoid": ("hard_sigmoid", lambda x, p: F.hardsigmoid(x)),
    "hard_tanh": ("hard_tanh", lambda x, p: F.hardtanh(x)),
    "hard_swish": ("hard_swish", lambda x, p: F.hardswish(x)),
    "exponential": ("exponential", lambda x, p: torch.exp(x)),
    "sine": ("sine", lambda x, p: torch.sin(x)),
    "squared_relu": ("squared_relu", lambda x, p: F.relu(x) ** 2),
    "softmax": ("softmax", lambda x, p: torch.softmax(x, -1)),
    "expression": ({"expression": "x * sigmoid(1.7 * x)"}, lambda x, p: x * torch.sigmoid(1.7 * x)),
}


def dense(p, name, x):
    return x @ p[name + "/kernel"] + p[name + "/bias"]


def norm(x, axis, eps=1e-3, center=True):
    d = x - x.mean(axis, keepdim=True) if center else x
    return d / torch.sqrt((d * d).mean(axis, keepdim=True) + eps)


def clip_p(p):
    return torch.clamp(p, 1e-7, 1 - 1e-7)


LOSSES = {
    "mean_squared_error": lambda z, t: (z - t) ** 2,
    "mean_absolute_error": lambda z, t: (z - t).abs(),
    "huber": lambda z, t: torch.where((z - t).abs() <= 0.6, 0.5 * (z - t) ** 2, 0.6 * (z - t).abs() - 0.18),
    "binary_cross_entropy": lambda z, t: -(t * torch.log(clip_p(z)) + (1 - t) * torch.log(1 - clip_p(z))),
    "categorical_cross_entropy": lambda z, t: -(F.one_hot(t.long(), z.shape[-1]) * torch.log(clip_p(z))).sum(-1),
    "sigmoid_cross_entropy": lambda z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none"),
    "softmax_cross_entropy": lambda z, t: F.cross_entropy(z, t.long(), reduction="none"),
}


def clipped(kind, grads, params):
    if kind == "global_norm":
        total = math.sqrt(sum(float((g * g).sum()) for g in grads.values()))
        return {k: g * min(1, 0.3 / total) for k, g in grads.items()}
    if kind == "norm":
        return {k: g * min(1, 0.2 / float(g.norm())) for k, g in grads.items()}
    if kind == "value":
        return {k: g.clamp(-0.05, 0.05) for k, g in grads.items()}
    if kind == "adaptive":
        out = {}
        for k, g in grads.items():
            axis = 0 if g.dim() > 1 else None
            gn = g.norm(dim=axis, keepdim=True) if axis is not None else g.norm()
            wn = params[k].norm(dim=axis, keepdim=True) if axis is not None else params[k].norm()
            limit = 0.02 * wn.clamp(min=1e-3)
            out[k] = torch.where(gn > limit, g * limit / gn, g)
        return out
    return grads


CLIPPINGS = {
    "global_norm": {"type": "global_norm", "max_norm": 0.3},
    "norm": {"type": "norm", "max_norm": 0.2},
    "value": {"type": "value", "max_value": 0.05},
    "adaptive": {"type": "adaptive", "ratio": 0.02},
}


def update(o, w, g, s, t):
    """One step of optimizer o on one tensor; s holds its memory."""
    kind, lr = o["type"], o["learning_rate"]
    zero = torch.zeros_like(w)
    if kind == "sgd":
        m = o.get("momentum", 0)
        s["v"] = m * s.get("v", zero) - lr * g
        return w + (m * s["v"] - lr * g if o.get("nesterov") else s["v"])
    if kind in ("adam", "adamw", "nadam"):
        b1, b2, eps = 0.9, 0.999, 1e-7
        s["m"] = b1 * s.get("m", zero) + (1 - b1) * g
        s["v"] = b2 * s.get("v", zero) + (1 - b2) * g * g
        if kind == "nadam":
            u, u1 = b1 * (1 - 0.5 * 0.96**t), b1 * (1 - 0.5 * 0.96 ** (t + 1))
            s["p"] = s.get("p", 1.0) * u
            m = u1 * s["m"] / (1 - s["p"] * u1) + (1 - u) * g / (1 - s["p"])
            return w - lr * m / (torch.sqrt(s["v"] / (1 - b2**t)) + eps)
        if kind == "adamw":
            w = w - lr * 0.004 * w
        return w - lr * math.sqrt(1 - b2**t) / (1 - b1**t) * s["m"] / (torch.sqrt(s["v"]) + eps)
    if kind == "rmsprop":
        rho, eps = 0.9, 1e-7
        s["v"] = rho * s.get("v", zero) + (1 - rho) * g * g
        d = s["v"]
        if o.get("centered"):
            s["a"] = rho * s.get("a", zero) + (1 - rho) * g
            d = d - s["a"] ** 2
        s["mom"] = o.get("momentum", 0) * s.get("mom", zero) + lr * g / torch.sqrt(d + eps)
        return w - s["mom"]
    if kind == "adagrad":
        s["a"] = s.get("a", zero + 0.1) + g * g
        return w - lr * g / torch.sqrt(s["a"] + 1e-7)
    if kind == "lion":
        m = s.get("m", zero)
        s["m"] = 0.99 * m + 0.01 * g
        return w - lr * torch.sign(0.9 * m + 0.1 * g)
    raise ValueError(kind)


OPTIMIZERS = {
    "sgd": {"type": "sgd", "learning_rate": 0.1},
    "momentum": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "nesterov": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "adam": {"type": "adam", "learning_rate": 0.01},
    "adamw": {"type": "adamw", "learning_rate": 0.01},
    "nadam": {"type": "nadam", "learning_rate": 0.01},
    "rmsprop": {"type": "rmsprop", "learning_rate": 0.01},
    "rmsprop_centered": {"type": "rmsprop", "learning_rate": 0.01, "momentum": 0.5, "centered": True},
    "adagrad": {"type": "adagrad", "learning_rate": 0.05},
    "lion": {"type": "lion", "learning_rate": 0.003},
}


def tensor(x):
    return {"shape": list(x.shape), "data": [float("%.10g" % v) for v in x.detach().reshape(-1).tolist()]}


def f32(x):
    """Rounded to float32, so that both sides start from the same numbers."""
    return x.float().double()


def parameters(shapes, seed):
    g = torch.Generator().manual_seed(seed)
    out = {}
    for name, shape in shapes.items():
        base = 1.0 if name.endswith("gamma") else 0.2 if name.endswith("slope") else 0.0
        scale = 0 if name.endswith("slope") else 0.7 if len(shape) > 1 else 0.3
        out[name] = f32(base + scale * torch.randn(shape, generator=g))
    return out


def write(name, layers, forward, shapes, loss="softmax_cross_entropy", targets="classes", outputs=CLASSES, training=None, shape=(IN,), seed=1, weights=None, running=()):
    g = torch.Generator().manual_seed(7)
    x = f32(torch.randn((N, *shape), generator=g))
    if targets == "classes":
        t = torch.tensor([0, 2, 1, 1, 0][:N]) % outputs if outputs > 1 else torch.tensor([0, 1, 1, 0, 1])
        listed = t.tolist()
        if outputs == 1:
            t = t.reshape(N, 1).double()
    elif targets == "binary":
        t = (torch.rand((N, outputs), generator=g) > 0.5).double()
        listed = t.tolist()
    else:
        t = f32(torch.randn((N, outputs), generator=g))
        listed = t.tolist()
    training = training or {}
    optimizer = training.get("optimizer", OPTIMIZERS["sgd"])
    regularization = training.get("regularization", {"l1": 0, "l2": 0})
    loss_type = loss["type"] if isinstance(loss, dict) else loss
    p = parameters(shapes, seed)
    initial = {k: v.clone() for k, v in p.items()}
    state = {k: {} for k in p}
    averages = {k: torch.tensor(v) for k, v in running}
    losses, expected = [], None
    for step in range(1, STEPS + 1):
        q = {k: v.clone().requires_grad_() for k, v in p.items()}
        batch = {}
        z, outs = forward(q, x, batch)
        for o in outs.values():
            o.retain_grad()
        terms = LOSSES[loss_type](z, t)
        if weights is None:
            value = terms.mean()
        else:
            w = torch.tensor(weights)[t.long()].reshape(terms.shape)
            value = (w * terms).sum() / w.sum()
        for k, v in q.items():
            if k.endswith("kernel"):
                value = value + regularization["l1"] * v.abs().sum() + regularization["l2"] * (v * v).sum()
        value.backward()
        grads = {k: v.grad if v.grad is not None else torch.zeros_like(v) for k, v in q.items()}
        losses.append(float(value))
        if expected is None:
            expected = {
                "output": tensor(z),
                "loss": float(value),
                "layer_outputs": {k: tensor(o) for k, o in outs.items()},
                "output_gradients": {k: tensor(o.grad) for k, o in outs.items()},
                "gradients": {k: tensor(v) for k, v in grads.items()},
            }
        grads = clipped(training.get("clip"), grads, p)
        p = {k: update(optimizer, p[k], grads[k], state[k], step).detach() for k in p}
        for k in averages:
            averages[k] = 0.9 * averages[k] + 0.1 * batch[k].detach()
    expected["steps"] = {
        "losses": losses,
        "parameters_after": {k: tensor(v) for k, v in p.items()},
        "states": {k: tensor(v) for k, v in averages.items()},
    }
    experiment = {
        "network": {"input": {"shape": list(shape)}, "layers": layers},
        "data": {"type": "inline", "inputs": x.tolist(), "targets": listed, "shuffle": False, "validation_split": 0},
        "training": {
            "loss": loss,
            "optimizer": optimizer,
            "batch_size": N,
            "steps": STEPS,
            "regularization": regularization,
            "gradient_clipping": CLIPPINGS.get(training.get("clip")),
            "class_weights": weights,
        },
    }
    fixture = {"name": name, "experiment": experiment, "parameters": {k: tensor(v) for k, v in initial.items()}, "expected": expected}
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        json.dump(fixture, f, allow_nan=False, separators=(",", ":"))
        f.write("\n")


def mlp_shapes(outputs=CLASSES):
    return {
        "dense_1/kernel": (IN, UNITS), "dense_1/bias": (UNITS,),
        "dense_2/kernel": (UNITS, UNITS), "dense_2/bias": (UNITS,),
        "dense_3/kernel": (UNITS, outputs), "dense_3/bias": (outputs,),
    }


def mlp(activation, last=lambda z: z):
    def forward(p, x, batch):
        outs = {}
        for i in (1, 2):
            slope = {"slope": p.get("dense_%d/slope" % i)}
            x = outs["dense_%d" % i] = activation(dense(p, "dense_%d" % i, x), slope)
        z = outs["dense_3"] = last(dense(p, "dense_3", x))
        return z, outs
    return forward


def mlp_layers(config, outputs=CLASSES, last="linear"):
    return [
        {"type": "repeat", "times": 2, "layers": [{"type": "dense", "units": UNITS, "activation": config}]},
        {"type": "dense", "units": outputs, "activation": last},
    ]


def normed(kind):
    shapes = mlp_shapes()
    names = ("gamma", "beta") if kind != "rms_norm" else ("gamma",)
    for i in (1, 2):
        for n in names:
            shapes["%s_%d/%s" % (kind, i, n)] = (UNITS,)
    body = [{"type": "dense", "units": UNITS}, {"type": kind, **({"momentum": 0.9} if kind == "batch_norm" else {})}, {"type": "activation", "activation": "tanh"}]

    def forward(p, x, batch):
        outs = {}
        for i in (1, 2):
            h = outs["dense_%d" % i] = dense(p, "dense_%d" % i, x)
            if kind == "batch_norm":
                batch["batch_norm_%d/moving_mean" % i] = h.mean(0)
                batch["batch_norm_%d/moving_variance" % i] = h.var(0, unbiased=False)
            n = norm(h, 0) if kind == "batch_norm" else norm(h, -1, center=kind == "layer_norm")
            n = n * p["%s_%d/gamma" % (kind, i)]
            if "beta" in names:
                n = n + p["%s_%d/beta" % (kind, i)]
            outs["%s_%d" % (kind, i)] = n
            x = outs["activation_%d" % i] = torch.tanh(n)
        z = outs["dense_3"] = dense(p, "dense_3", x)
        return z, outs

    running = [("batch_norm_%d/moving_%s" % (i, s), [v] * UNITS) for i in (1, 2) for s, v in (("mean", 0.0), ("variance", 1.0))] if kind == "batch_norm" else ()
    write("layer_" + kind, [{"type": "repeat", "times": 2, "layers": body}, {"type": "dense", "units": CLASSES}], forward, shapes, running=running)


def residual():
    shapes = {**mlp_shapes(), "residual_1/projection/kernel": (IN, UNITS)}
    layers = [
        {"type": "residual", "layers": [{"type": "dense", "units": UNITS, "activation": "tanh"}]},
        {"type": "residual", "layers": [{"type": "dense", "units": UNITS, "activation": "tanh"}]},
        {"type": "dense", "units": CLASSES},
    ]

    def forward(p, x, batch):
        outs = {}
        outs["dense_1"] = torch.tanh(dense(p, "dense_1", x))
        x = outs["residual_1"] = x @ p["residual_1/projection/kernel"] + outs["dense_1"]
        outs["dense_2"] = torch.tanh(dense(p, "dense_2", x))
        x = outs["residual_2"] = x + outs["dense_2"]
        z = outs["dense_3"] = dense(p, "dense_3", x)
        return z, outs

    write("layer_residual", layers, forward, shapes)


def flatten():
    shapes = {**mlp_shapes(), "dense_1/kernel": (6, UNITS)}
    layers = [{"type": "flatten"}, *mlp_layers("tanh")]
    inner = mlp(lambda x, p: torch.tanh(x))
    write("layer_flatten", layers, lambda p, x, b: inner(p, x.reshape(N, -1), b), shapes, shape=(2, 3))


def main():
    os.makedirs(OUT, exist_ok=True)
    tanh = lambda x, p: torch.tanh(x)
    for name, (config, f) in ACTIVATIONS.items():
        shapes = mlp_shapes()
        if name == "prelu":
            shapes.update({"dense_1/slope": (UNITS,), "dense_2/slope": (UNITS,)})
        write("activation_" + name, mlp_layers(config), mlp(f), shapes)
    for loss, targets, outputs, last, last_f in [
        ("mean_squared_error", "values", 2, "linear", lambda z: z),
        ("mean_absolute_error", "values", 2, "linear", lambda z: z),
        ({"type": "huber", "delta": 0.6}, "values", 2, "linear", lambda z: z),
        ("binary_cross_entropy", "binary", 2, "sigmoid", torch.sigmoid),
        ("categorical_cross_entropy", "classes", 3, "softmax", lambda z: torch.softmax(z, -1)),
        ("sigmoid_cross_entropy", "classes", 1, "linear", lambda z: z),
        ("softmax_cross_entropy", "classes", 3, "linear", lambda z: z),
    ]:
        kind = loss["type"] if isinstance(loss, dict) else loss
        args = (mlp_layers("tanh", outputs, last), mlp(tanh, last_f), mlp_shapes(outputs), loss, targets, outputs)
        write("loss_" + kind, *args)
        if targets == "classes":
            write("class_weights_" + kind, *args, weights=[0.5, 2.0] if outputs == 1 else [0.5, 2.0, 1.0])
    for kind in ("batch_norm", "layer_norm", "rms_norm"):
        normed(kind)
    residual()
    flatten()
    for name, optimizer in OPTIMIZERS.items():
        args = (mlp_layers("tanh"), mlp(tanh), mlp_shapes())
        write("optimizer_" + name, *args, training={"optimizer": optimizer})
        write("regularized_" + name, *args, training={"optimizer": optimizer, "regularization": {"l1": 0.01, "l2": 0.02}})
        for clip in CLIPPINGS:
            write("clipped_%s_%s" % (clip, name), *args, training={"optimizer": optimizer, "clip": clip})


main()
