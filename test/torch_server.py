"""Runs programs that begin with PyTorch loaded: a line of JSON for each, a line when it has ended. Each is a process of its own."""

import json
import os
import sys
import traceback

import numpy  # noqa: F401
import torch  # noqa: F401


def run(order):
    for path, flags, descriptor in (
        (order["input"], os.O_RDONLY, 0),
        (order["output"], os.O_WRONLY | os.O_CREAT, 1),
        (order["errors"], os.O_WRONLY | os.O_CREAT, 2),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    sys.stdin = os.fdopen(0, closefd=False)
    status = 0
    try:
        exec(compile(order["program"], "<program>", "exec"), {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


for line in iter(sys.stdin.readline, ""):
    child = os.fork()
    if child == 0:
        run(json.loads(line))
    os.waitpid(child, 0)
    print("ended", flush=True)
