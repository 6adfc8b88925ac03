"""Requests by the standard library: keys, problems as exceptions, retries as the service asks for."""
from __future__ import annotations

import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from .errors import ApiError, ConnectionFailed

#: Answers that pass: too many requests, an instance that goes or is full.
_RETRIED = (408, 429, 502, 503, 504)
Body = Union[bytes, str, None]


class Http:
    """:param retries: how often a request is sent again where the service or the network asks for it"""

    def __init__(self, url: str, api_key: Optional[str], timeout: float, retries: int) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"url: {url!r} begins with neither http:// nor https://")
        self.url, self.timeout, self.retries = url.rstrip("/"), timeout, retries
        self.headers = {} if api_key is None else {"authorization": f"Bearer {api_key}"}

    def send(self, method: str, path: str, body: Any = None, headers: Optional[Mapping[str, str]] = None,
             query: Optional[Mapping[str, Any]] = None, repeatable: bool = True) -> Tuple[bytes, Mapping[str, str]]:  # fmt: skip
        """:param body: bytes, an open file, or anything that becomes JSON"""
        given = {key: str(value) for key, value in (query or {}).items() if value is not None}
        url = self.url + path + (f"?{urllib.parse.urlencode(given)}" if given else "")
        all_headers: Dict[str, str] = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, bytes) and not hasattr(body, "read"):
            body = json.dumps(body, allow_nan=False).encode()
            all_headers.setdefault("content-type", "application/json")
        for attempt in range(self.retries + 1):
            if hasattr(body, "seek"):
                body.seek(0)
                all_headers["content-length"] = str(os.fstat(body.fileno()).st_size)
            request = urllib.request.Request(url, data=body, headers=all_headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                    return answer.read(), answer.headers
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                if error.code not in _RETRIED or attempt == self.retries:
                    raise ApiError(error.code, problem) from None
                time.sleep(_pause(error.headers.get("retry-after"), attempt))
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if attempt == self.retries or not repeatable:
                    reason = getattr(error, "reason", error)
                    raise ConnectionFailed(f"{method} {url}: {reason}; is the service running?") from error
                time.sleep(_pause(None, attempt))
        raise AssertionError("unreachable")

    def json(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer, _ = self.send(method, path, body, **options)
        return json.loads(answer) if answer else None


def _problem(error: urllib.error.HTTPError) -> Dict[str, Any]:
    text = error.read()
    try:
        problem = json.loads(text)
        return problem if isinstance(problem, dict) else {"detail": str(problem)}
    except ValueError:
        return {"detail": text[:500].decode("utf-8", "replace") or error.reason}


def _pause(retry_after: Optional[str], attempt: int) -> float:
    """Seconds: what the service says, else twice as long every time, with jitter."""
    if retry_after is not None and retry_after.isdigit():
        return min(float(retry_after), 60.0)
    return min(0.25 * 2.0**attempt, 10.0) * random.uniform(0.5, 1.0)
