"""Arrays in a file that can hold nothing else: the safetensors layout, read strictly with numpy. Never a pickle.

Eight bytes of header length, a JSON header of names, types, shapes and offsets, then the numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moderation.told import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    Arrays = Mapping[str, np.ndarray[Any, np.dtype[Any]]]

TYPES: Final = {"I8": np.int8, "U16": np.uint16, "F16": np.float16, "I32": np.int32, "F64": np.float64}
MAX_HEADER: Final = 1 << 16
_LENGTH: Final = 8
_PICKLE: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
"""How pickles and the archives of torch begin."""


class WeightsRefused(Wrong, ValueError):
    """A weight file or its card is not what it has to be; the text says why."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    end: int


def pack(arrays: Arrays) -> bytes:
    """The bytes of a file with these arrays, in the order given."""
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    header, offset, body = {}, 0, []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        offset += len(data)
        body.append(data)
    told = json.dumps(header, separators=(",", ":")).encode()
    told += b" " * (-len(told) % _LENGTH)
    return b"".join([len(told).to_bytes(_LENGTH, "little"), told, *body])


def unpack(data: bytes) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """The arrays in these bytes, read-only and without a copy.

    Raises:
        WeightsRefused: for a pickle, a cut or padded file, a wrong header, overlapping or unknown arrays, no number.
    """
    length = int.from_bytes(data[:_LENGTH], "little")
    if len(data) < _LENGTH or not 1 < length <= min(MAX_HEADER, len(data) - _LENGTH):
        if data.startswith(_PICKLE):
            raise WeightsRefused(
                "是 pickle 或 torch 存档，可能执行代码；应为 safetensors",
                "is a pickle or a torch archive, which can run code; expected safetensors",
            )
        raise WeightsRefused(
            f"不完整或不是 safetensors 文件：共 {len(data)} 字节，文件头 {length} 字节",
            f"is cut short or no safetensors file: {len(data)} bytes, header of {length}",
        )
    try:
        header = json.loads(data[_LENGTH : _LENGTH + length])
        entries = [_entry(name, told) for name, told in header.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsRefused(f"文件头无法读取：{error}", f"has a header that cannot be read: {error}") from None
    body = memoryview(data)[_LENGTH + length :]
    arrays, expected = {}, 0
    for entry in entries:
        size = int(np.prod(entry.shape, dtype=object)) * entry.dtype.itemsize
        if entry.start != expected or entry.end - entry.start != size:
            raise WeightsRefused(
                f"文件头自相矛盾：{entry.name}，形状 {entry.shape}",
                f"has a header that contradicts itself: {entry.name} of shape {entry.shape}",
            )
        if entry.end > len(body):
            raise WeightsRefused(
                f"不完整：{entry.name} 止于 {entry.end}，文件只有 {len(body)}",
                f"is cut short: {entry.name} ends at {entry.end}, the file has {len(body)}",
            )
        array = np.frombuffer(body[entry.start : entry.end], entry.dtype).reshape(entry.shape)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WeightsRefused(f"含有不是数的值：{entry.name}", f"holds something that is no number: {entry.name}")
        arrays[entry.name] = array
        expected = entry.end
    if expected != len(body):
        raise WeightsRefused(
            f"含有文件头未列的 {len(body) - expected} 字节",
            f"holds {len(body) - expected} bytes that its header does not know",
        )
    return arrays


def _entry(name: str, told: Mapping[str, Any]) -> _Entry:
    shape = tuple(told["shape"])
    start, end = told["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ValueError(f"shape and offsets of {name} must be whole numbers")
    return _Entry(name, np.dtype(TYPES[told["dtype"]]), shape, start, end)
