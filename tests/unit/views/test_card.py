"""What a model's card and summary say."""

from __future__ import annotations

from pathlib import Path

import pytest

from onoma.bundle import (
    CalibrationCard,
    DataCard,
    EncoderCard,
    Manifest,
    Provenance,
    TagsCard,
    WindowConfig,
    load_bundle,
    write_manifest,
)
from onoma.views import model_summary, write_card
from support.wordpieces import wordpiece

CALIBRATION = CalibrationCard(
    temperature=1.5, data="dev.conll", entities=30, error_before=0.2, error_after=0.1, thresholds={"PER": 0.25}
)
ERRORS = "calibration error 0.200 before, 0.100 after"
MANIFEST = Manifest(
    tasks={"entities": TagsCard(labels=("PER", "a|b"), scheme="BIO", head="crf", calibration=CALIBRATION)},
    window=WindowConfig(size=32, overlap=8),
    encoder=EncoderCard(name="tiny", family="bert"),
    provenance=Provenance(
        data={"train": DataCard(name="a_b*.conll", digest="", documents=1200, words=None, entities=34)},
        figures={"test": {"precision": 0.5, "recall": 0.25, "f1": 1 / 3, "f1_low": 0.25, "f1_high": 0.5}},
        settings={
            "training": {
                "epochs": 5,
                "learning_rate": 0.000142468,
                "batch_subwords": 708,
                "dtype": "bf16",
                "device": "cpu",
            }
        },
        dropped={"longer than a window": 3},
    ),
    dtype="int8",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    for name in ("model.onnx", "model.int8.onnx"):
        (tmp_path / name).write_bytes(bytes(2_000_000))
    write_manifest(MANIFEST, tmp_path)
    return tmp_path


def test_the_summary_says_what_a_model_is(folder: Path) -> None:
    assert list(model_summary(load_bundle(folder))) == [
        ("entities", "PER, a|b; scheme BIO, head crf"),
        (
            "calibration",
            f"temperature 1.50, slope 1.00, intercept +0.00, fitted on dev.conll: {ERRORS}",
        ),
        ("thresholds", "PER 0.250; entities with a lower score are left out; training measured F1 without them"),
        ("encoder", "tiny (bert)"),
        ("window", "32 subwords, overlap 8"),
        ("train", "a_b*.conll: 1,200 documents, 34 entities"),
        ("training", "at most 5 epochs, learning rate 0.00014, batches of 708, bf16 on cpu"),
        ("left out", "3 annotations: longer than a window"),
        ("model.onnx", "2.0 MB"),
        ("model.int8.onnx", "2.0 MB"),
        ("dtypes", "fp32, int8; default int8"),
    ]


def test_the_card_has_the_summary_and_the_figures_and_no_accidental_markup(folder: Path) -> None:
    write_card(folder, name='my "own" *model*')
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert '# my "own" \\*model\\*' in card
    assert 'onoma.load("my \\"own\\" *model*")' in card
    assert "finds PER and a\\|b." in card
    assert "| entities | PER, a\\|b; scheme BIO, head crf |" in card
    assert "| train | a\\_b\\*.conll: 1,200 documents, 34 entities |" in card
    assert "| model.int8.onnx | 2.0 MB |" in card
    assert "| test | 50.00 | 25.00 | 33.33 (25.00 – 50.00) |" in card
