"""Which graph of a bundle is run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from onoma.bundle import Bundle, EncoderCard, Manifest, TagsCard, WindowConfig, load_bundle, write_manifest
from onoma.errors import BundleError, InputError
from support.tiny import wordpiece


def bundle(folder: Path, *files: str, dtype: Literal["fp32", "int8"] | None = None) -> Bundle:
    for name in files:
        (folder / name).write_text(name, encoding="utf-8")
    manifest = Manifest(
        tasks={"entities": TagsCard(labels=("PER",), scheme="BIO", head="linear")},
        window=WindowConfig(size=64, overlap=16),
        encoder=EncoderCard(name="tiny", family="bert"),
        dtype=dtype,
    )
    wordpiece().save(str(folder / "tokenizer.json"))
    write_manifest(manifest, folder)
    return load_bundle(folder)


@pytest.mark.parametrize(
    ("files", "preferred", "asked", "chosen"),
    [
        (["model.onnx"], None, "auto", "model.onnx"),
        (["model.onnx", "model.int8.onnx"], None, "auto", "model.onnx"),
        (["model.onnx", "model.int8.onnx"], "int8", "auto", "model.int8.onnx"),
        (["model.onnx", "model.int8.onnx"], "int8", "fp32", "model.onnx"),
        (["model.onnx", "model.int8.onnx"], None, "int8", "model.int8.onnx"),
        (["model.int8.onnx"], None, "auto", "model.int8.onnx"),
        (["model.onnx"], "int8", "auto", "model.onnx"),
        (["model.onnx", "model.int8.onnx"], "int8", "bf16", "model.onnx"),
    ],
)
def test_the_graph_is_the_one_asked_for_or_preferred(tmp_path, files, preferred, asked, chosen):
    assert bundle(tmp_path, *files, dtype=preferred).graph(asked).name == chosen


def test_an_engine_without_a_graph_is_named_with_what_to_do(tmp_path):
    with pytest.raises(BundleError, match=r"has no model\.int8\.onnx; choose another dtype \(available: fp32\)"):
        bundle(tmp_path, "model.onnx").graph("int8")  # without weights, none can be exported
    only_exact = bundle(tmp_path, "model.onnx", "model.safetensors")
    with pytest.raises(BundleError, match=r"has no model\.int8\.onnx; .*--quantize int8.* \(available: fp32\)"):
        only_exact.graph("int8")
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"model\.onnx: the weight file is missing"):
        only_exact.graph()
    write_manifest(only_exact.manifest, tmp_path)
    with pytest.raises(BundleError, match=r"has no model\.onnx; write it with .*onoma export [^,]*`$"):
        load_bundle(tmp_path).graph()
    (tmp_path / "model.safetensors").unlink()
    write_manifest(only_exact.manifest, tmp_path)
    with pytest.raises(BundleError, match=r"has no model\.onnx; copy the folder again"):
        load_bundle(tmp_path).graph()


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(InputError, match="unknown dtype 'fp16'; choose one of auto, fp32, int8, bf16"):
        bundle(tmp_path, "model.onnx").graph("fp16")
