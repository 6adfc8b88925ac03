"""@file Trains trials of a study with PyTorch, one thread: the code that the service hands out, with its statistics."""
import json
import sys
import time

import numpy
import torch

torch.set_num_threads(1)
QUANTILES = torch.tensor([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
# torch.quantile sorts: as in the service, a larger tensor is thinned out first.
QUANTILE_ELEMENTS = 4096


def statistics_of(tensor):
    """The metrics of `tensorMetrics`, in one tensor."""
    x = tensor.detach().reshape(-1)
    size = x.abs()
    step = max(1, -(-len(x) // QUANTILE_ELEMENTS))
    moments = torch.stack([
        x.norm(), x.square().mean().sqrt(), x.mean(), x.std(unbiased=False), x.min(), x.max(), size.mean(), size.max(),
        (x == 0).float().mean(), (~torch.isfinite(x)).float().sum(),
    ])
    return torch.cat([moments, torch.quantile(size[::step], QUANTILES)])


class Probe:
    """Measures outputs, gradients at them, weights, their gradients and updates at every so manieth step."""

    def __init__(self, model, every):
        self.every, self.step, self.measured, self.kept = every, 0, [], []
        for module in model.modules():
            if not list(module.children()):
                module.register_forward_hook(self.see_output)

    def is_probed(self):
        return self.every > 0 and self.step % self.every == 0

    def see_output(self, _module, _inputs, output):
        if not self.is_probed() or not torch.is_grad_enabled():
            return
        value = output[0] if isinstance(output, tuple) else output
        self.measured.append(statistics_of(value))
        if value.requires_grad:
            value.register_hook(lambda gradient: self.measured.append(statistics_of(gradient)))

    def before_update(self, parameters):
        if self.is_probed():
            self.kept = [p.detach().clone() for p in parameters]
            self.measured += [statistics_of(p) for p in parameters]
            self.measured += [statistics_of(p.grad) for p in parameters if p.grad is not None]

    def after_update(self, parameters):
        if self.is_probed():
            self.measured += [statistics_of(p.detach() - old) for p, old in zip(parameters, self.kept)]
            # All numbers come to the host in one transfer.
            torch.stack(self.measured).tolist()
            self.measured = []
        self.step += 1


probe = None


def probed(own):
    """The step of an optimizer's class between two looks at the weights."""

    def step(self, *given, **named):
        if probe is None:
            return own(self, *given, **named)
        parameters = [p for group in self.param_groups for p in group["params"]]
        probe.before_update(parameters)
        result = own(self, *given, **named)
        probe.after_update(parameters)
        return result

    return step


# In the classes, before there is an object: a schedule wraps the method of its own.
for kind in vars(torch.optim).values():
    if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and "step" in vars(kind):
        kind.step = probed(kind.step)


def train(trial):
    global probe
    torch.manual_seed(trial["seed"])
    scope, probe = {}, None
    exec(compile(trial["code"], "trial", "exec"), scope)
    probe = Probe(scope["model"], trial["probe_every"])
    x = numpy.array(trial["inputs"], dtype=numpy.float32).reshape(trial["count"], -1)
    return scope["train"](x, numpy.array(trial["targets"], dtype=numpy.float32))[-1]


for line in sys.stdin:
    given = json.loads(line)
    start = time.perf_counter()
    try:
        train(given)
        answer = {"seconds": time.perf_counter() - start}
    except Exception as error:  # told to the parent, which leaves the trial out
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
