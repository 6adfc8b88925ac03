"""A client of the service; nothing but the standard library."""
from __future__ import annotations

import io
import os
import sys
import tempfile
import time
import uuid
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union
from urllib.parse import quote

from ._http import Http
from .errors import JobFailed
from .results import Diagnosis, File, Report, Statistics, diagnosis_of, file_of, report_of

_ENDED = ("succeeded", "failed", "canceled")
_WAIT_S = 30
Progress = Callable[["Job"], None]


class Job:
    """A job of the service. ``status``: queued, running, succeeded, failed, canceled."""

    def __init__(self, client: "Client", raw: Mapping[str, Any]) -> None:
        self._client, self.raw = client, raw
        self.id: str = raw["id"]
        self._path = f"/v1/jobs/{quote(self.id, safe='')}"

    @property
    def status(self) -> str:
        return str(self.raw["status"])

    @property
    def fraction(self) -> float:
        return float(self.raw.get("progress", {}).get("fraction", 0.0))

    @property
    def ended(self) -> bool:
        return self.status in _ENDED

    def refresh(self, wait_s: int = 0) -> "Job":
        """:param wait_s: how long the service may hold the answer back for the job to end"""
        headers = {"prefer": f"wait={wait_s}"} if wait_s else {}
        self.raw = self._client.http.json("GET", self._path, headers=headers)
        return self

    def wait(self, timeout: Optional[float] = None, progress: Union[bool, Progress] = True) -> "Job":
        """
        Until the job has ended.

        :param progress: True draws a bar on the terminal's standard error; or a function that gets the job
        :raises TimeoutError: after `timeout` seconds; the job goes on
        """
        end = None if timeout is None else time.monotonic() + timeout
        show = _bar if progress is True else progress
        hold = 1 if show else _WAIT_S
        while not self.ended:
            left = hold if end is None else min(hold, end - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"{self.id} is {self.status} after {timeout} s")
            self.refresh(max(1, round(left)))
            if callable(show):
                show(self)
        return self

    def result(self) -> Report:
        """Waits for the end. :raises JobFailed: where the job ended without a report"""
        if not self.ended:
            self.wait(progress=False)
        if self.status != "succeeded":
            raise JobFailed(self.status, self.raw.get("error"))
        return report_of(self._client.http.json("GET", f"{self._path}/result"))

    def cancel(self) -> "Job":
        self.raw = self._client.http.json("POST", f"{self._path}/cancel")
        return self

    def delete(self) -> None:
        self._client.http.send("DELETE", self._path)

    def statistics(self, run: Optional[str] = None, layer: Optional[str] = None, tensor: Optional[str] = None,
                   metric: Optional[str] = None, from_step: Optional[int] = None, to_step: Optional[int] = None,
                   max_points: Optional[int] = None) -> Statistics:  # fmt: skip
        """The measured series; ``.to_numpy()`` and ``.to_pandas()`` where these are installed."""
        query = {"run": run, "layer": layer, "tensor": tensor, "metric": metric, "from_step": from_step,
                 "to_step": to_step, "max_points": max_points}  # fmt: skip
        return Statistics(self._client.pages(f"{self._path}/statistics", query))

    def report(self, path: str) -> str:
        """Writes the report as one HTML file that opens without network."""
        return self._save(f"{self._path}/report", path)

    def weights(self, path: str, run: str, at: str = "final") -> str:
        """Writes a run's weights as safetensors. :param at: initial or final"""
        return self._save(f"{self._path}/weights", path, {"run": run, "at": at})

    def _save(self, route: str, path: str, query: Optional[Mapping[str, Any]] = None) -> str:
        content, _ = self._client.http.send("GET", route, query=query)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.status} {self.fraction:.0%}>"

    def _repr_html_(self) -> str:
        return f"<code>{self.id}</code> <b>{self.status}</b> <progress value='{self.fraction}'></progress>"


def _bar(job: Job) -> None:
    if not sys.stderr.isatty():
        return
    width = 30
    done = round(job.fraction * width)
    phase = job.raw.get("progress", {}).get("phase", "")
    end = "\n" if job.ended else ""
    sys.stderr.write(f"\r[{'#' * done}{'.' * (width - done)}] {job.fraction:4.0%} {job.status} {phase:<16}{end}")
    sys.stderr.flush()


class Client:
    """
    :param url: default: ``GRADCLINIC_URL``, or http://127.0.0.1:8080
    :param api_key: default: ``GRADCLINIC_API_KEY``, or none
    :param timeout: seconds that one request may take
    :param retries: of requests that the service asks to send again (429, 503, with Retry-After), or that got no answer
    """

    def __init__(self, url: Optional[str] = None, api_key: Optional[str] = None, timeout: float = 120.0,
                 retries: int = 5) -> None:  # fmt: skip
        url = url or os.environ.get("GRADCLINIC_URL") or "http://127.0.0.1:8080"
        self.http = Http(url, api_key or os.environ.get("GRADCLINIC_API_KEY") or None, timeout, retries)

    def submit(self, experiment: Mapping[str, Any], idempotency_key: Optional[str] = None) -> Job:
        """Sent twice, by a retry or with the same key, it is still one job."""
        headers = {"idempotency-key": idempotency_key or uuid.uuid4().hex}
        return Job(self, self.http.json("POST", "/v1/jobs", dict(experiment), headers=headers))

    def run(self, experiment: Mapping[str, Any], timeout: Optional[float] = None) -> Report:
        """Submits, waits, and gives the report."""
        return self.submit(experiment).wait(timeout).result()

    def job(self, job_id: str) -> Job:
        return Job(self, self.http.json("GET", f"/v1/jobs/{quote(job_id, safe='')}"))

    def jobs(self, status: Optional[str] = None) -> Iterator[Job]:
        """Newest first."""
        return (Job(self, raw) for raw in self.pages("/v1/jobs", {"status": status}))

    def preflight(self, experiment: Mapping[str, Any]) -> Dict[str, Any]:
        """What theory says of an experiment, without training it."""
        return dict(self.http.json("POST", "/v1/preflight", dict(experiment)))

    def diagnose(self, recorded: Any, experiment: Optional[Mapping[str, Any]] = None) -> Diagnosis:
        """
        Of a training of your own.

        :param recorded: a Recorder, a trace, or several of them (one for each seed)
        :param experiment: what was trained, where it can be told: then remedies come as patches and code
        """
        many: Sequence[Any] = recorded if isinstance(recorded, (list, tuple)) else [recorded]
        traces: List[Any] = [one.trace() if hasattr(one, "trace") else one for one in many]
        body = {"traces": traces, **({} if experiment is None else {"experiment": dict(experiment)})}
        return diagnosis_of(self.http.json("POST", "/v1/diagnoses", body))

    def upload(self, data: Any, name: Optional[str] = None) -> File:
        """
        A file for ``"data": {"type": "file", "file": file.id}``.

        :param data: a path, bytes, an open file, a NumPy array, a dict of arrays, or a pandas data frame
        """
        with _content(data) as file:
            given = name or getattr(data, "name", None) or (os.path.basename(data) if _is_path(data) else None)
            given = given if isinstance(given, str) else _default_name(data)
            headers = {"content-type": "application/octet-stream"}
            return file_of(self.http.json("POST", "/v1/files", file, headers=headers, query={"name": os.path.basename(given)}))

    def content(self, file_id: str) -> bytes:
        """The bytes of a file."""
        return self.http.send("GET", f"/v1/files/{quote(file_id, safe='')}/content")[0]

    def import_model(self, model: Any) -> Dict[str, Any]:
        """
        A model of Keras or ONNX in the words of an experiment: ``network``, ``training``, ``initial_weights``, ``warnings``.

        :param model: a path, bytes, or an open file
        :raises ApiError: ``unsupported_model`` names everything that cannot be expressed
        """
        with _content(model) as file:
            headers = {"content-type": "application/octet-stream"}
            return dict(self.http.json("POST", "/v1/imports", file, headers=headers))

    def files(self) -> Iterator[File]:
        return (file_of(raw) for raw in self.pages("/v1/files", {}))

    def delete_file(self, file_id: str) -> None:
        self.http.send("DELETE", f"/v1/files/{quote(file_id, safe='')}")

    def catalog(self, kind: Optional[str] = None) -> Any:
        """What the service knows: activations, layers, rules with their thresholds, remedies, ..."""
        return self.http.json("GET", "/v1/catalog" if kind is None else f"/v1/catalog/{quote(kind, safe='')}")

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
        """All entries of a list, page by page."""
        cursor: Optional[str] = None
        while True:
            page = self.http.json("GET", path, query={**query, "cursor": cursor})
            yield from page["data"]
            cursor = page.get("next_cursor")
            if not page.get("has_more") or cursor is None:
                return


def _is_path(data: Any) -> bool:
    return isinstance(data, (str, os.PathLike))


def _default_name(data: Any) -> str:
    if hasattr(data, "to_csv"):
        return "data.csv"
    return "data.npz" if isinstance(data, dict) else "data.npy" if hasattr(data, "__array__") else "data"


def _content(data: Any) -> BinaryIO:
    """As an open file, so that nothing large is held twice."""
    if _is_path(data):
        return open(data, "rb")
    file: BinaryIO = tempfile.TemporaryFile()
    if isinstance(data, (bytes, bytearray)):
        file.write(data)
    elif hasattr(data, "to_csv"):
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        data.to_csv(text, index=False)
        text.detach()
    elif isinstance(data, dict):
        import numpy

        numpy.savez(file, **data)
    elif hasattr(data, "read"):
        for block in iter(lambda: data.read(1 << 20), b""):
            file.write(block)
    elif hasattr(data, "__array__"):
        import numpy

        numpy.save(file, numpy.asarray(data))
    else:
        file.close()
        raise TypeError(f"upload: a path, bytes, an open file, an array, arrays or a data frame, not {type(data).__name__}")
    file.seek(0)
    return file
