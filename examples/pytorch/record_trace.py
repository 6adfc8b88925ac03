"""Records a Trace of a PyTorch training for POST /v1/diagnoses. Copy it, or import TraceRecorder.

    recorder = TraceRecorder(model)
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        with recorder.step(loss):      # around the update
            optimizer.step()
    recorder.count_units(x_all)        # twice or more: units that are dead on every sample
    json.dump({"traces": [recorder.trace()]}, open("trace.json", "w"))

Then: curl -X POST localhost:8080/v1/diagnoses -H 'content-type: application/json' -d @trace.json
"""
import contextlib
import math

import torch
from torch import nn

ACTIVATIONS = {nn.ReLU: "relu", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh", nn.LeakyReLU: "leaky_relu", nn.GELU: "gelu",
               nn.ELU: "elu", nn.SELU: "selu", nn.SiLU: "silu", nn.Softplus: "softplus", nn.Softmax: "softmax"}
TYPES = {nn.Linear: "dense", nn.Conv1d: "conv1d", nn.Conv2d: "conv2d", nn.BatchNorm1d: "batch_norm",
         nn.BatchNorm2d: "batch_norm", nn.LayerNorm: "layer_norm"}


class TraceRecorder:
    def __init__(self, model, every=10):
        self.every, self.losses, self.norms, self.passes, self.rows = every, [], [], [], {}
        self.layers, self.outputs, self.gradients, self.latest = {}, {}, {}, {}
        self.model, self.current = model, None
        for name, module in model.named_modules():
            if type(module) in TYPES or type(module) in ACTIVATIONS:
                module.register_forward_hook(lambda m, i, out, name=name or "model": self._see(name, m, out))

    def _see(self, name, module, out):
        """An activation counts to the weights before it: its output is that layer's output."""
        owner = name
        if type(module) in ACTIVATIONS and self.current is not None:
            owner = self.current
            self.layers[owner]["activation"] = ACTIVATIONS[type(module)]
        else:
            self.current = name
            parameters = sum(p.numel() for p in module.parameters())
            self.layers.setdefault(name, {"name": name, "type": TYPES.get(type(module), "activation"),
                                          "parameters": parameters, "module": module})
        self.layers[owner]["output_shape"] = list(out.shape[1:])
        self.outputs[owner] = out.detach()
        self.latest[owner] = key = id(out)
        if out.requires_grad:  # only the last of a layer's outputs counts: the one after its activation
            out.register_hook(lambda g: self.gradients.update({owner: g.detach()}) if self.latest[owner] == key else None)

    def _put(self, layer, tensor, metric, value):
        steps, values = self.rows.setdefault((layer, tensor, metric), ([], []))
        steps.append(len(self.losses) - 1)
        values.append(value if math.isfinite(value) else None)

    @contextlib.contextmanager
    def step(self, loss):
        number = lambda x: x if math.isfinite(x) else None
        probed = len(self.losses) % self.every == 0
        self.losses.append(number(loss.item()))
        grads = [p.grad for p in self.model.parameters() if p.grad is not None]
        self.norms.append(number(math.sqrt(sum(g.double().square().sum().item() for g in grads))))
        kernels = {n: l["module"].weight for n, l in self.layers.items() if hasattr(l["module"], "weight")}
        before = {n: w.detach().clone() for n, w in kernels.items()} if probed else {}
        for name, out in self.outputs.items() if probed else ():
            self._put(name, "output", "rms", out.double().square().mean().sqrt().item())
            if name in self.gradients:
                self._put(name, "output_gradient", "rms", self.gradients[name].double().square().mean().sqrt().item())
        yield
        for name, old in before.items():
            change, norm = (kernels[name].detach() - old).double().norm().item(), old.double().norm().item()
            self._put(name, "kernel", "l2_norm", norm)
            self._put(name, "kernel.update", "l2_norm", change)
            self._put(name, "kernel.update", "ratio_to_weight", change / norm if norm > 0 else math.nan)

    def count_units(self, inputs):
        with torch.no_grad():
            self.model(inputs)
        for name, layer in self.layers.items():
            if layer.get("activation") == "relu":
                out = self.outputs[name].transpose(1, -1).flatten(0, -2)
                self.passes.append({"step": len(self.losses), "layer": name, "units": out.shape[1],
                                    "dead_units": int((out == 0).all(0).sum())})

    def trace(self):
        layers = [{k: v for k, v in layer.items() if k != "module"} for layer in self.layers.values()]
        layers[-1]["is_output"] = True
        series = [{"layer": layer, "tensor": tensor, "metric": metric, "steps": steps, "values": values}
                  for (layer, tensor, metric), (steps, values) in self.rows.items()]
        return {"layers": layers, "series": series, "losses": self.losses, "gradient_norms": self.norms,
                "unit_passes": self.passes}
