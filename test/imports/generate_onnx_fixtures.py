"""ONNX files as torch.onnx.export of PyTorch 1.13 writes them, with an input and the module's output.

/usr/bin/python3 test/imports/generate_onnx_fixtures.py
"""
import json
import math
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


class Tagger(nn.Module):
    """Two layers, both directions, every time step."""
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


class Turned(nn.Module):
    """Axes in the opposite order, of which one is picked in part."""
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        y = torch.flip(self.first(torch.flip(x, [1])), [2])
        return self.second(y * torch.tensor([1.0, 2.0, 3.0, 4.0])) + self.second(y[:, 1:4].flip(1).mean(1, keepdim=True))


class Last(nn.Module):
    """The last time step, as `y[:, -1]` or as the last state."""
    def __init__(self, cell, by_state, **options):
        super().__init__()
        self.cell, self.by_state = cell(3, 4, batch_first=True, **options), by_state
        self.head = nn.Linear(8 if options.get("bidirectional") else 4, 2)

    def forward(self, x):
        y, state = self.cell(x)
        state = state[0] if isinstance(state, tuple) else state
        if self.cell.bidirectional:
            return self.head(torch.cat([state[-2], state[-1]], 1))
        return self.head(state[-1] if self.by_state else y[:, -1])


class Attention(nn.Module):
    def __init__(self, causal, bias=True, size=3):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(6, 2 * size, bias=bias) for _ in range(3))
        self.o = nn.Linear(2 * size, 6, bias=bias)
        self.causal, self.size = causal, size
        self.register_buffer("mask", torch.tril(torch.ones(5, 5)).view(1, 1, 5, 5))

    def forward(self, x):
        batch, time, _ = x.shape
        q, k, v = (layer(x).view(batch, time, 2, self.size).transpose(1, 2) for layer in (self.q, self.k, self.v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.size)
        if self.causal:
            scores = scores.masked_fill(self.mask[:, :, :time, :time] == 0, float("-inf"))
        return x + self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, time, 2 * self.size))


class Heads(nn.Module):
    """A class for every place of a sequence, a probability, and numbers: of the same body."""
    def __init__(self):
        super().__init__()
        self.body, self.places, self.answer, self.numbers = nn.Linear(4, 6), nn.Linear(6, 3), nn.Linear(6, 1), nn.Linear(6, 2)

    def forward(self, x):
        y = torch.tanh(self.body(x))
        pooled = y.mean(1)
        return self.places(y), torch.sigmoid(self.answer(pooled)), self.numbers(pooled)


def trained(model):
    """Running averages and scales that are not those of the start."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
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
    "tagger": (Tagger(), (5, 3)),
    "gru_last_step": (Last(nn.GRU, False), (5, 3)),
    "lstm_last_state": (Last(nn.LSTM, True), (5, 3)),
    "lstm_both_states": (Last(nn.LSTM, True, bidirectional=True), (5, 3)),
    "rnn_relu_no_bias": (Last(nn.RNN, False, nonlinearity="relu", bias=False), (5, 3)),
    "upsampled": (nn.Sequential(nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2), nn.ReLU(), nn.Upsample(scale_factor=2),
                                nn.ConvTranspose2d(4, 2, (3, 2), bias=False), nn.Upsample(scale_factor=(2, 3), mode="bilinear", align_corners=False)), (2, 3, 4)),
    "upsampled_1d": (nn.Sequential(nn.ConvTranspose1d(2, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)), (2, 6)),
    "attention": (Attention(False), (5, 6)),
    "attention_causal": (Attention(True, bias=False), (5, 6)),
}

def write(name, model, shape, open_axes=()):
    """open_axes: further ones whose size the file leaves open"""
    model = trained(model)
    x = torch.randn(3, *shape)
    with torch.no_grad():
        y = model(x)
    outputs = [f"y{place}" for place in range(len(y))] if isinstance(y, tuple) else ["y"]
    dynamic = {"x": {0: "batch", **{axis: f"size{axis}" for axis in open_axes}}, **{output: {0: "batch"} for output in outputs}}
    names = {"input_names": ["x"], "output_names": outputs, "dynamic_axes": dynamic}
    # Kept as a layer of its own: by default the exporter folds batch norm into convolutions.
    mode = torch.onnx.TrainingMode.PRESERVE if name == "cnn" else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(model, x, FOLDER / f"torch_{name}.onnx", training=mode, do_constant_folding=mode != torch.onnx.TrainingMode.PRESERVE, **names)
    # Several outputs are compared side by side.
    y = torch.cat([one.flatten(1) for one in y], 1) if isinstance(y, tuple) else y
    pack = lambda t: {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}
    (FOLDER / f"torch_{name}.json").write_text(json.dumps({"input": pack(x), "output": pack(y)}) + "\n")


for name, (model, shape) in CASES.items():
    write(name, model, shape)
write("open_sequence", Last(nn.LSTM, False), (5, 3), open_axes=[1])
write("open_images", nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)), (2, 5, 5), open_axes=[2, 3])
# Last, so that the others keep their numbers.
write("attention_wide_heads", Attention(True, size=5), (5, 6))
write("volumes", nn.Sequential(nn.Conv3d(2, 4, (2, 3, 3), padding=(0, 1, 1), groups=2), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d((1, 2, 2)),
                               nn.Conv3d(4, 3, 2, stride=(1, 1, 2), bias=False), nn.AvgPool3d((2, 1, 1)), nn.PReLU(3), nn.AdaptiveAvgPool3d(1),
                               nn.Flatten(), nn.Linear(3, 2)), (2, 4, 5, 6))
write("edges", nn.Sequential(nn.ReflectionPad2d((1, 2, 0, 1)), nn.Conv2d(2, 3, 3), nn.ReplicationPad2d(1), nn.Conv2d(3, 2, 2)), (2, 4, 5))
write("edges_of_sequences", nn.Sequential(nn.ReflectionPad1d((2, 1)), nn.Conv1d(2, 3, 3), nn.ReplicationPad1d((0, 2)), nn.Conv1d(3, 2, 2)), (2, 5))
write("turned", Turned(), (6, 4))
write("several_outputs", Heads(), (5, 4))
