"""What the service refuses, as exceptions."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple


@dataclass(frozen=True)
class FieldError:
    """What is wrong at one place of a request, and what would mend it."""

    pointer: str
    message: str
    fix: Optional[str] = None

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}" + (f" (fix: {self.fix})" if self.fix else "")


class GradClinicError(Exception):
    """Everything that this package raises about the service."""


class ConnectionFailed(GradClinicError):
    """No answer came."""


class ApiError(GradClinicError):
    """
    An answer of 4xx or 5xx (RFC 9457). ``code`` is stable; docs/errors.md of the service lists them.

    ``errors`` says where in the request, by JSON Pointer, and how to mend it.
    """

    def __init__(self, status: int, problem: Dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.request_id: Optional[str] = problem.get("request_id")
        self.errors: Tuple[FieldError, ...] = tuple(
            FieldError(str(one.get("pointer", "")), str(one.get("message", "")), one.get("fix"))
            for one in problem.get("errors", [])
        )
        lines = [f"{status} {self.code}: {self.detail or self.title}", *(f"  {one}" for one in self.errors)]
        super().__init__("\n".join(lines))


class JobFailed(GradClinicError):
    """The job ended without a report."""

    def __init__(self, status: str, error: Optional[Dict[str, Any]]) -> None:
        self.status = status
        self.code = None if error is None else error.get("code")
        super().__init__(status if error is None else f"{status}: {error.get('code')}: {error.get('detail')}")
