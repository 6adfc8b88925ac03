"""Writes safetensors: a header in JSON, then the numbers."""
from __future__ import annotations

import ctypes
import json
import struct
from typing import Mapping

import torch


def encode(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """All as float32, little-endian."""
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        flat = tensor.detach().to("cpu", torch.float32).contiguous()
        size = 4 * flat.numel()
        parts.append(ctypes.string_at(flat.data_ptr(), size) if size else b"")
        header[name] = {"dtype": "F32", "shape": list(flat.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)
