"""
GradClinic in Python: record a training of your own, have it diagnosed, send experiments and models to a service.

``Client`` needs the standard library alone; PyTorch is imported only for ``Recorder`` and ``from_torch``.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import Client, Job
from .errors import ApiError, ConnectionFailed, FieldError, GradClinicError, JobFailed
from .results import Check, Diagnosis, Evidence, File, Remedy, Report, Statistics

if TYPE_CHECKING:
    from .callbacks import KerasCallback, LightningCallback, TransformersCallback
    from .recorder import Recorder
    from .torch_graph import CannotConvert, Network, from_torch

__version__ = "0.1.0"
__all__ = ["ApiError", "CannotConvert", "Check", "Client", "ConnectionFailed", "Diagnosis", "Evidence", "FieldError", "File",
           "GradClinicError", "Job", "JobFailed", "KerasCallback", "LightningCallback", "Network", "Recorder", "Remedy", "Report", "Statistics",
           "TransformersCallback", "from_torch"]  # fmt: skip

_LATE = {"Recorder": "recorder", "from_torch": "torch_graph", "Network": "torch_graph", "CannotConvert": "torch_graph",
         "KerasCallback": "callbacks", "LightningCallback": "callbacks", "TransformersCallback": "callbacks"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'gradclinic' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LATE[name]}", __name__), name)
