"""safetensors: a header in JSON, then the numbers."""
from __future__ import annotations

import ctypes
import json
import struct
from typing import Any, Dict, Mapping

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


def decode(content: bytes) -> Dict[str, torch.Tensor]:
    """What the service keeps: float32."""
    length = struct.unpack_from("<Q", content)[0]
    body = bytearray(content[8 + length :])

    def tensor(entry: Mapping[str, Any]) -> torch.Tensor:
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(body, dtype=torch.float32, count=(end - start) // 4, offset=start) if end > start else torch.empty(0)
        return flat.clone().reshape(entry["shape"])

    header = json.loads(content[8 : 8 + length])
    return {name: tensor(entry) for name, entry in header.items() if name != "__metadata__"}
