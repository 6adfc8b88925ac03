"""A network in PyTorch by way of its ONNX file, which the service imports: it knows more than the walk over modules does."""
from __future__ import annotations

import inspect
import io
from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Tuple

import torch
from torch import nn

from ._safetensors import decode
from .errors import ApiError

if TYPE_CHECKING:
    from .client import Client

_OPSET = 14


def export(model: nn.Module, samples: Sequence[torch.Tensor]) -> bytes:
    """Batch norm stays what it is, and the batch may have any size. :param model: in inference mode"""
    given = list(inspect.signature(model.forward).parameters)[: len(samples)]
    names = given if len(given) == len(samples) else [f"input_{k + 1}" for k in range(len(samples))]
    # The exporter that traces: it needs no other package.
    traced = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    file = io.BytesIO()
    # The fused kernels of torch.nn's encoder layers cannot be exported: they are not taken where gradients are wanted.
    with torch.enable_grad():
        torch.onnx.export(model, tuple(samples), file, input_names=names, output_names=["output"], opset_version=_OPSET,
                          dynamic_axes={name: {0: "batch"} for name in [*names, "output"]}, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.PRESERVE, **traced)  # fmt: skip
    return file.getvalue()


class NotImported(Exception):
    """:param problems: each with class and name of the operator"""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def imported(model: nn.Module, samples: Sequence[torch.Tensor], client: "Client") -> Tuple[Dict[str, Any], Dict[str, torch.Tensor], List[str]]:
    """The network, its weights, and warnings. :raises NotImported:"""
    try:
        content = export(model, samples)
    except Exception as error:  # whatever the exporter, or the user's code, raises
        raise NotImported([f"torch.onnx.export: {type(error).__name__}: {str(error).strip()[:500]}"]) from error
    try:
        answer = client.import_model(content)
    except ApiError as error:
        if error.status != 422:
            raise
        raise NotImported([str(one) for one in error.errors] or [error.detail]) from error
    kept = answer.get("initial_weights")
    weights = {} if kept is None else decode(client.content(kept["file"]))
    return answer["network"], weights, list(answer["warnings"])
