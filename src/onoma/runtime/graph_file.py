"""Inspection of ONNX files: whether tensors are stored in other files, and which operators a graph has.

The model is not loaded, and no other file is opened. Only the structure of the messages is parsed; tensor data is
skipped.

Source: https://protobuf.dev/programming-guides/encoding/ and https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path

_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR, _SPARSE, _FUNCTION, _TRAINING = range(8)
_NESTED_MESSAGES: Mapping[int, Mapping[int, int]] = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _TENSOR: {},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
}
"""For each type of message, the fields with nested messages that may contain tensors, and the types of those."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_OP_TYPE = 4
_VARINT, _FIXED64, _LENGTH_DELIMITED, _START_GROUP, _END_GROUP, _FIXED32 = range(6)


def has_external_data(path: Path) -> bool:
    """Return whether a tensor of a graph is stored in another file.

    A tensor may name any file on the disk, and ONNX Runtime before 1.24 reads it wherever it is. The graphs of onoma
    are single files.

    Raises:
        ValueError: the file is not encoded as protocol buffers.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return any(
            kind == _TENSOR and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value))
            for kind, field, value, _, _ in _iter_all_fields(data)
        )


def has_operator(path: Path, prefix: bytes) -> bool:
    """Return whether a graph has an operator whose name starts with ``prefix``.

    Raises:
        ValueError: the file is not encoded as protocol buffers.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return any(
            kind == _NODE and field == _OP_TYPE and data[first:last].startswith(prefix)
            for kind, field, _, first, last in _iter_all_fields(data)
        )


def _iter_all_fields(data: mmap) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield each field of each message in a file: the type of the message, then the values of :func:`_iter_fields`."""
    pending = [(_MODEL, 0, len(data))]
    while pending:
        kind, start, stop = pending.pop()
        for field, value, first, last in _iter_fields(data, start, stop):
            yield kind, field, value, first, last
            nested_kind = _NESTED_MESSAGES[kind].get(field)
            if nested_kind is not None:
                pending.append((nested_kind, first, last))


def _iter_fields(data: mmap, offset: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the fields of a message: field number, integer value (0 if not an integer), start and end of its bytes."""
    while offset < stop:
        tag, offset = _read_varint(data, offset)
        field, wire = (tag & 0xFFFFFFFF) >> 3, tag & 7
        value, first = 0, offset
        if wire == _VARINT:
            value, offset = _read_varint(data, offset)
        elif wire == _LENGTH_DELIMITED:
            length, first = _read_varint(data, offset)
            offset = first + length
        elif wire in (_FIXED64, _FIXED32):
            offset += 8 if wire == _FIXED64 else 4
        elif wire not in (_START_GROUP, _END_GROUP):  # fields of a group are treated as fields of the message itself
            raise ValueError(f"wire type {wire} at byte {offset:,}")
        if offset > stop:
            raise ValueError(f"a field ends after the end of its message, at byte {offset:,}")
        yield field, value, first, offset


def _read_varint(data: mmap, offset: int) -> tuple[int, int]:
    """Decode an integer of seven bits per byte; return it with the offset of its end."""
    value = shift = 0
    while offset < len(data) and shift < 70:
        byte = data[offset]
        value |= (byte & 0x7F) << shift
        offset += 1
        if byte < 0x80:
            return value, offset
        shift += 7
    raise ValueError(f"no number at byte {offset:,}")
