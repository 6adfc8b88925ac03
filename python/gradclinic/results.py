"""Answers of the service as data classes. Each keeps the whole answer in ``raw``."""
from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

_MARKS = {"found": "!", "clear": "+", "not_evaluable": "?", "error": "x"}


@dataclass(frozen=True)
class Evidence:
    metric: str
    value: Optional[float]
    threshold: Optional[float]
    unit: str
    layer: Optional[str] = None
    step: Optional[int] = None
    seed: Optional[int] = None


@dataclass(frozen=True)
class Check:
    """A rule's answer. ``status``: found, clear, not_evaluable, error."""

    rule: str
    status: str
    severity: Optional[str]
    layers: Tuple[str, ...]
    first_step: Optional[int]
    evidence: Tuple[Evidence, ...]
    explanation: str
    caused_by: Tuple[str, ...] = ()

    @property
    def serious(self) -> bool:
        return self.status == "found" and self.severity in ("critical", "warning")


@dataclass(frozen=True)
class Remedy:
    """``verification``: verified, ineffective, harmful, or not_run."""

    remedy: str
    title: str
    rationale: str
    treats: Tuple[str, ...]
    verification: str
    patch: Optional[List[Dict[str, Any]]]
    pytorch: Optional[str]
    keras: Optional[str]


def _pick(cls: Any, given: Mapping[str, Any]) -> Dict[str, Any]:
    return {key: given.get(key) for key in cls.__dataclass_fields__ if key in given}


def check_of(given: Mapping[str, Any]) -> Check:
    evidence = tuple(
        Evidence(**{"unit": "", "threshold": None, "value": None, **_pick(Evidence, one)})
        for one in given.get("evidence", [])
    )
    return Check(given["rule"], given["status"], given.get("severity"), tuple(given.get("layers", [])),
                 given.get("first_step"), evidence, given.get("explanation", ""),
                 tuple(given.get("caused_by", [])))  # fmt: skip


def remedy_of(given: Mapping[str, Any]) -> Remedy:
    snippets = given.get("snippets") or {}
    return Remedy(given["remedy"], given.get("title", ""), given.get("rationale", ""), tuple(given.get("treats", [])),
                  (given.get("verification") or {}).get("status", "not_run"), given.get("patch"),
                  snippets.get("pytorch"), snippets.get("keras"))  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
    """Verdict and checks of a training that was recorded elsewhere."""

    verdict: str
    checks: Tuple[Check, ...]
    remedies: Tuple[Remedy, ...]
    raw: Mapping[str, Any]

    @property
    def findings(self) -> Tuple[Check, ...]:
        """Those that make the verdict."""
        return tuple(check for check in self.checks if check.serious)

    @property
    def root_cause(self) -> Optional[str]:
        """The rule of the finding to read first; ``None`` where nothing serious was found."""
        return self.raw.get("root_cause")

    @property
    def other_roots(self) -> Tuple[Check, ...]:
        """Serious findings beside the root cause that no other one explains: mending the root cause leaves them."""
        return tuple(one for one in self.findings if not one.caused_by and one.rule != self.root_cause)

    def check(self, rule: str) -> Check:
        for one in self.checks:
            if one.rule == rule:
                return one
        raise KeyError(rule)

    def __str__(self) -> str:
        lines = [f"verdict: {self.verdict}"]
        if self.root_cause is not None:
            lines.append(f"root cause: {self.root_cause}")
        if self.other_roots:
            lines.append(f"besides: {', '.join(one.rule for one in self.other_roots)}")
        for one in sorted(self.checks, key=lambda check: not check.serious):
            severity = f" ({one.severity})" if one.status == "found" else ""
            lines.append(f" {_MARKS.get(one.status, ' ')} {one.rule}: {one.status}{severity}  {one.explanation}")
        lines += [f" -> {one.remedy}: {one.title} [{one.verification}]" for one in self.remedies]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cells = [
            "".join(f"<td>{html.escape(text)}</td>" for text in (
                one.rule, one.status if one.severity is None else f"{one.status} ({one.severity})",
                ", ".join(one.layers[:5]), one.explanation))
            for one in sorted(self.checks, key=lambda check: not check.serious)
        ]  # fmt: skip
        rows = "".join(f"<tr>{cell}</tr>" for cell in cells)
        head = "<tr><th>rule</th><th>status</th><th>layers</th><th></th></tr>"
        return f"<p><b>verdict: {html.escape(self.verdict)}</b></p><table>{head}{rows}</table>"


@dataclass(frozen=True)
class Report(Diagnosis):
    """A job's result."""

    recommendation: Optional[Mapping[str, Any]] = None
    experiment: Optional[Mapping[str, Any]] = None

    @property
    def recommended(self) -> Tuple[str, ...]:
        return tuple((self.recommendation or {}).get("remedies", []))


def diagnosis_of(given: Mapping[str, Any]) -> Diagnosis:
    checks, remedies = given.get("checks", []), given.get("remedies", [])
    return Diagnosis(given["verdict"], tuple(map(check_of, checks)), tuple(map(remedy_of, remedies)), given)


def report_of(given: Mapping[str, Any]) -> Report:
    base = diagnosis_of(given)
    return Report(base.verdict, base.checks, base.remedies, given, given.get("recommendation"), given.get("experiment"))


@dataclass(frozen=True)
class File:
    """An uploaded file: data, weights, a model."""

    id: str
    name: str
    bytes: int
    kind: str
    raw: Mapping[str, Any]


def file_of(given: Mapping[str, Any]) -> File:
    return File(given["id"], str(given.get("name", "")), int(given.get("bytes", 0)), str(given.get("kind", "")), given)


class Statistics(List[Dict[str, Any]]):
    """Rows of run, step, layer, tensor, metric, value, as a list of dicts."""

    def to_numpy(self) -> Any:
        """(steps, values) as two NumPy arrays; what was not finite is NaN, inf or -inf."""
        import numpy

        return (numpy.array([row["step"] for row in self]), numpy.array([finite_or_not(row) for row in self]))

    def to_pandas(self) -> Any:
        """A pandas data frame, one line a row."""
        import pandas

        return pandas.DataFrame([{**{k: v for k, v in row.items() if k != "non_finite"}, "value": finite_or_not(row)}
                                 for row in self])  # fmt: skip


def finite_or_not(row: Mapping[str, Any]) -> float:
    """JSON has neither NaN nor Infinity: the row says which stood there."""
    value = row.get("value")
    return float(value) if value is not None else float((row.get("non_finite") or {}).get("value", "nan"))
