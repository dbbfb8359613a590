"""What an ONNX file holds: whether it leaves numbers to other files, and which operators it has.

The file is not loaded, and no other file is opened. Only the layout of the messages is read, and the numbers are
skipped.

Source: https://protobuf.dev/programming-guides/encoding/ and
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path

_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR, _SPARSE, _FUNCTION, _TRAINING = range(8)
_INSIDE: Mapping[int, Mapping[int, int]] = {
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _TENSOR: {},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
}
"""Which fields of a message are messages that may hold tensors."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_OPERATOR = 4
_VARINT, _EIGHT_BYTES, _BYTES, _GROUP, _END, _FOUR_BYTES = range(6)


def has_external_data(path: Path) -> bool:
    """Whether a tensor of a graph has its numbers in another file.

    A tensor may name a file anywhere on the disk, and ONNX Runtime before 1.24 reads it wherever it is. The graphs of
    onoma are one file.

    Raises:
        ValueError: the file is not laid out as protocol buffers are.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return any(
            kind == _TENSOR and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value))
            for kind, field, value, _, _ in _fields_of_messages(data)
        )


def has_operator(path: Path, prefix: bytes) -> bool:
    """Whether a graph has an operator whose name begins like this.

    Raises:
        ValueError: the file is not laid out as protocol buffers are.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return any(
            kind == _NODE and field == _OPERATOR and data[first:last].startswith(prefix)
            for kind, field, _, first, last in _fields_of_messages(data)
        )


def _fields_of_messages(data: mmap) -> Iterator[tuple[int, int, int, int, int]]:
    """The kind of each message in a file, and of each of its fields what :func:`_fields` gives."""
    waiting = [(_MODEL, 0, len(data))]
    while waiting:
        kind, start, stop = waiting.pop()
        for field, value, first, last in _fields(data, start, stop):
            yield kind, field, value, first, last
            inner = _INSIDE[kind].get(field)
            if inner is not None:
                waiting.append((inner, first, last))


def _fields(data: mmap, place: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: number, value where it is a number, and where its bytes begin and end."""
    while place < stop:
        tag, place = _varint(data, place)
        field, wire = (tag & 0xFFFFFFFF) >> 3, tag & 7
        value, first = 0, place
        if wire == _VARINT:
            value, place = _varint(data, place)
        elif wire == _BYTES:
            length, first = _varint(data, place)
            place = first + length
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            place += 8 if wire == _EIGHT_BYTES else 4
        elif wire not in (_GROUP, _END):  # what is in a group is taken for the message's own
            raise ValueError(f"wire type {wire} at byte {place:,}")
        if place > stop:
            raise ValueError(f"a field ends behind its message, at byte {place:,}")
        yield field, value, first, place


def _varint(data: mmap, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError(f"no number at byte {place:,}")
