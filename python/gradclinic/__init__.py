"""
GradClinic in Python: record a training of your own, have it diagnosed, send experiments and models to a service.

``Client`` needs the standard library alone; PyTorch is imported only for ``Recorder``.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import Client, Job
from .errors import ApiError, ConnectionFailed, FieldError, GradClinicError, JobFailed
from .results import Check, Diagnosis, Evidence, File, Remedy, Report, Statistics

if TYPE_CHECKING:
    from .recorder import Recorder

__version__ = "0.1.0"
__all__ = ["ApiError", "Check", "Client", "ConnectionFailed", "Diagnosis", "Evidence", "FieldError", "File",
           "GradClinicError", "Job", "JobFailed", "Recorder", "Remedy", "Report", "Statistics"]  # fmt: skip

_LATE = {"Recorder": "recorder"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'gradclinic' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LATE[name]}", __name__), name)
