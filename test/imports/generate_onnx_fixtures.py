"""ONNX files as torch.onnx.export of PyTorch 1.13 writes them, with an input and the module's output.

/usr/bin/python3 test/imports/generate_onnx_fixtures.py
"""
import json
import pathlib

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "fixtures"
torch.manual_seed(20)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 1))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1), nn.Sigmoid())

    def forward(self, x):
        y = self.body(x)
        return torch.relu(x + y * self.gate(y))


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 5), nn.Linear(11, 4)

    def forward(self, x):
        y = torch.tanh(self.first(x))
        return self.second(torch.cat([x, y], 1)) - 0.5


class Bottleneck(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Linear(4, 6)
        self.norm = nn.LayerNorm(6)
        self.up, self.down = nn.Linear(6, 12), nn.Linear(12, 6)

    def forward(self, x):
        x = self.token(x)
        return (x + self.down(nn.functional.gelu(self.up(self.norm(x))))).mean(1)


def trained(model):
    """Running averages and scales that are not those of the start."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    return model.eval()


CASES = {
    "mlp": (nn.Sequential(nn.Linear(5, 8), nn.LeakyReLU(0.2), nn.Linear(8, 8), nn.SiLU(), nn.Dropout(0.5), nn.Linear(8, 6), nn.ELU(),
                          nn.BatchNorm1d(6), nn.Linear(6, 6), nn.Hardtanh(), nn.Linear(6, 6), nn.Softplus(), nn.Linear(6, 3), nn.Softmax(1)), (5,)),
    "cnn": (nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1), Residual(4),
                          nn.ReLU6(), nn.Conv2d(4, 6, 3, groups=2, padding=1, bias=False), nn.PReLU(6), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, 3)), (2, 13, 11)),
    "pooled": (nn.Sequential(nn.Conv2d(1, 4, (3, 2)), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2), nn.Sigmoid()), (1, 7, 6)),
    "functional": (Functional(), (6,)),
    "layer_norm": (Bottleneck(), (5, 4)),
}

for name, (model, shape) in CASES.items():
    model = trained(model)
    x = torch.randn(3, *shape)
    names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}}
    # Kept as a layer of its own: by default the exporter folds batch norm into convolutions.
    mode = torch.onnx.TrainingMode.PRESERVE if name == "cnn" else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(model, x, FOLDER / f"torch_{name}.onnx", training=mode, do_constant_folding=mode != torch.onnx.TrainingMode.PRESERVE, **names)
    with torch.no_grad():
        y = model(x)
    pack = lambda t: {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}
    (FOLDER / f"torch_{name}.json").write_text(json.dumps({"input": pack(x), "output": pack(y)}) + "\n")
