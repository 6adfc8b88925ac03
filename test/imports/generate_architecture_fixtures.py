"""The architectures as torch.onnx.export of PyTorch 1.13 writes them, with inputs and outputs: fixtures/architecture_*.

/usr/bin/python3 test/imports/generate_architecture_fixtures.py [names…]
"""
import json
import pathlib
import sys
import warnings

import torch
from torch import nn

from architectures import ARCHITECTURES

FOLDER = pathlib.Path(__file__).parent / "fixtures"
SAMPLES = 3
warnings.simplefilter("ignore")
torch.set_num_threads(1)


def trained(model):
    """Running averages and scales that are not those of the start."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)):
            nn.init.normal_(module.weight, 1, 0.3)
            nn.init.normal_(module.bias, 0, 0.3)
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return model.eval()


def drawn(shape, samples):
    is_token = len(shape) == 2 and isinstance(shape[0], tuple)
    return torch.randint(1, shape[1], (samples, *shape[0])) if is_token else torch.randn(samples, *shape)


def pack(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.9g}") for v in tensor.flatten().tolist()]}


def export(name, samples, dynamic, path):
    """:param samples: of the tensors that the exporter traces"""
    make, shapes = ARCHITECTURES[name]
    torch.manual_seed(20)
    model = trained(make())
    names = [f"x{i + 1}" for i in range(len(shapes))]
    axes = {"dynamic_axes": {key: {0: "batch"} for key in [*names, "y"]}} if dynamic else {}
    # The fused kernels of torch.nn's encoder layers cannot be exported: they are not taken where gradients are wanted.
    with torch.enable_grad():
        torch.onnx.export(model, tuple(drawn(shape, samples) for shape in shapes), path, input_names=names, output_names=["y"],
                          opset_version=14, **axes)
    return model, shapes


#: With three samples in every size of the file.
FIXED = ("cross_attention", "deit", "swin", "crnn", "tcn", "lstm_with_attention")


def write(name, file, samples, dynamic):
    model, shapes = export(name, samples, dynamic, FOLDER / f"architecture_{file}.onnx")
    inputs = [drawn(shape, SAMPLES) for shape in shapes]
    with torch.no_grad():
        output = model(*inputs)
    text = json.dumps({"inputs": [pack(x) for x in inputs], "output": pack(output)})
    (FOLDER / f"architecture_{file}.json").write_text(text + "\n")
    print(file, (FOLDER / f"architecture_{file}.onnx").stat().st_size, flush=True)


def main():
    for name in sys.argv[1:] or ARCHITECTURES:
        write(name, name, 1, True)
        if name in FIXED:
            write(name, f"{name}_of_three", SAMPLES, False)


if __name__ == "__main__":
    main()
