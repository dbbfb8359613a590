"""Operators, and tensors that leave their numbers to another file, are found anywhere; what is no graph is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from onnx import TensorProto, helper

from onoma.errors import BundleError
from onoma.runtime.graph import check_single_file
from onoma.runtime.graph_file import has_external_data, has_operator


def tensor(*, external: bool) -> TensorProto:
    made = onnx.numpy_helper.from_array(np.arange(4, dtype=np.float32), "t")
    if external:
        made.ClearField("raw_data")
        made.data_location = TensorProto.EXTERNAL
        made.external_data.add(key="location", value="../elsewhere")
    return made


def sparse(made: TensorProto) -> onnx.SparseTensorProto:
    return helper.make_sparse_tensor(made, onnx.numpy_helper.from_array(np.arange(4)), [9])


def graph(*nodes: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph(list(nodes), "g", [], [])


def constant(value: TensorProto | list[TensorProto] | onnx.SparseTensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["c"], value=value)


def initialised(*tensors: TensorProto) -> onnx.ModelProto:
    return helper.make_model(helper.make_graph([], "g", [], [], initializer=list(tensors)))


def function(made: TensorProto) -> onnx.ModelProto:
    own = helper.make_function("own", "F", [], ["c"], [constant(made)], [helper.make_opsetid("", 20)])
    return helper.make_model(graph(), functions=[own])


def training(made: TensorProto) -> onnx.ModelProto:
    found = helper.make_model(graph())
    found.training_info.add().initialization.initializer.append(made)
    return found


def branch(made: TensorProto) -> onnx.ModelProto:
    inside = graph(constant(made))
    return helper.make_model(graph(helper.make_node("If", ["x"], ["y"], then_branch=inside, else_branch=graph())))


PLACES: dict[str, Callable[[TensorProto], onnx.ModelProto]] = {
    "initializer": lambda made: initialised(tensor(external=False), made),
    "sparse initializer": lambda made: helper.make_model(
        helper.make_graph([], "g", [], [], sparse_initializer=[sparse(made)])
    ),
    "attribute": lambda made: helper.make_model(graph(constant(made))),
    "attribute of several": lambda made: helper.make_model(graph(constant([made]))),
    "sparse attribute": lambda made: helper.make_model(graph(constant(sparse(made)))),
    "branch": branch,
    "function": function,
    "training": training,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("external", [True, False])
def test_external_data_is_found_anywhere_in_a_graph(tmp_path: Path, place: str, external: bool) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(PLACES[place](tensor(external=external)).SerializeToString())
    assert has_external_data(path) is external


def test_fields_that_nobody_knows_hide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    known = initialised(tensor(external=True)).SerializeToString()
    varint, eight, four, group = b"\xf8\x07\x01", b"\xf9\x07" + bytes(8), b"\xfd\x07" + bytes(4), b"\xfb\x07\xfc\x07"
    for unknown in (varint, eight, four, group, b"\xfa\x07\x02\x3a\x00"):
        path.write_bytes(unknown + known)
        assert has_external_data(path)


def test_operators_are_found_by_how_they_begin_and_numbers_are_none(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(branch(tensor(external=False)).SerializeToString())
    assert has_operator(path, b"Const")
    assert not has_operator(path, b"MatMul")
    name = onnx.numpy_helper.from_array(np.frombuffer(b"MatMulInteger", dtype=np.uint8), "MatMulInteger")
    path.write_bytes(initialised(name).SerializeToString())
    assert not has_operator(path, b"MatMul")


@pytest.mark.parametrize(
    "content", [b"", b"\x3a", b"\x3a\xff", b"\x3a\x05\x00", b"\x3f", b"\xff" * 20, b"no graph at all"]
)
def test_what_is_no_graph_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.onnx: cannot be loaded as an ONNX graph"):
        check_single_file(path)


def test_no_changed_graph_hides_its_external_data(tmp_path: Path) -> None:
    """Graphs of which some bytes were changed: none that names another file passes."""
    chance, path = random.Random(3), tmp_path / "model.onnx"
    read = 0
    for _ in range(400):
        content = bytearray(PLACES[chance.choice(list(PLACES))](tensor(external=True)).SerializeToString())
        for _ in range(chance.randint(1, 3)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            names_another = _external(onnx.ModelProto.FromString(bytes(content)))
        except DecodeError:
            continue
        read += 1
        if names_another:
            assert _refused(path)
    assert read > 100


def _refused(path: Path) -> bool:
    try:
        check_single_file(path)
    except BundleError:
        return True
    return False


def _external(message: Message) -> bool:
    """Whether onnx finds a tensor with its numbers elsewhere."""
    if isinstance(message, TensorProto):
        return message.data_location == TensorProto.EXTERNAL
    found = False
    for field, value in message.ListFields():
        if field.message_type is not None:
            found |= any(map(_external, [value] if isinstance(value, Message) else value))
    return found
