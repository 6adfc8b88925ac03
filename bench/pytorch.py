"""@file The process that trains with PyTorch, one thread."""
import json
import os
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(1)

torch.set_num_threads(1)
WARM_UP_SECONDS = 0.5
WARM_UP_STEPS = 5
ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}


class Last(torch.nn.Module):
    """The output of the last time step."""

    def forward(self, outputs):
        return outputs[0][:, -1]


def glorot(layer):
    """The initialization of the other two: without it the signal would shrink to denormal numbers, which are slow."""
    for parameter in layer.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_uniform_(parameter)
        else:
            torch.nn.init.zeros_(parameter)
    return layer


def activated(layer, activation):
    return [glorot(layer)] + ([ACTIVATIONS[activation]()] if activation else [])


def build(layer, shape):
    """Modules of a layer, and the shape of its output."""
    kind = layer["type"]
    if kind == "dense":
        units = layer["units"]
        return activated(torch.nn.Linear(shape[-1], units), layer.get("activation")), [units]
    if kind == "conv2d":
        filters, size = layer["filters"], layer["kernel_size"]
        convolution = torch.nn.Conv2d(shape[0], filters, size, padding=size // 2)
        return activated(convolution, layer["activation"]), [filters, *shape[1:]]
    if kind == "max_pool2d":
        return [torch.nn.MaxPool2d(2)], [shape[0], shape[1] // 2, shape[2] // 2]
    if kind == "flatten":
        return [torch.nn.Flatten()], [shape[0] * shape[1] * shape[2]]
    if kind == "lstm":
        return [glorot(torch.nn.LSTM(shape[1], layer["units"], batch_first=True)), Last()], [layer["units"]]
    raise ValueError(kind)


def statistics_of(gradient):
    """l2_norm, mean, std, abs_max, zero_fraction"""
    return [
        gradient.norm(),
        gradient.mean(),
        gradient.std(unbiased=False),
        gradient.abs().max(),
        (gradient == 0).float().mean(),
    ]


class Training:
    def __init__(self, network, batch, code):
        """@param code what the service hands out for the network; None where it is built of `layers`"""
        if code is None:
            modules, shape = [], network["input"]
            for layer in network["layers"]:
                added, shape = build(layer, shape)
                modules += added
            self.model = torch.nn.Sequential(*modules)
        else:
            scope = {}
            exec(compile(code, "network", "exec"), scope)
            self.model = scope["model"]
        self.inputs = torch.tensor(batch["inputs"]).reshape(network["batch"], *network["input"])
        self.labels = torch.tensor(batch["labels"])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.001, momentum=0.9)

    def step(self):
        self.optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.model(self.inputs), self.labels)
        loss.backward()
        statistics = []
        for parameter in self.model.parameters():
            statistics += statistics_of(parameter.grad)
        # All numbers come to the host in one transfer.
        torch.stack(statistics).tolist()
        self.optimizer.step()
        return loss.item()

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        return {"ms": (time.perf_counter() - start) / steps * 1000, "loss": loss}

    def warm_up(self):
        start = time.perf_counter()
        while True:
            answer = self.run(WARM_UP_STEPS)
            if time.perf_counter() - start > WARM_UP_SECONDS:
                return answer


def blas():
    """The library behind matrix products: Debian lets the administrator choose it."""
    torch.ones(8, 8) @ torch.ones(8, 8)
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        paths = {line.split()[-1] for line in maps}
    names = {os.path.basename(path) for path in paths if "blas" in path or "mkl" in path}
    return ", ".join(sorted(names)) or "built in"


training = None
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "version":
        answer = {"version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread, BLAS {blas()}"}
    elif request["do"] == "prepare":
        training = Training(request["network"], request["batch"], request.get("code"))
        answer = training.warm_up()
    else:
        answer = training.run(request["steps"])
    print(json.dumps(answer), flush=True)
