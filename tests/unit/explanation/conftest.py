"""A tiny model of random weights in a bundle, and what explains it."""

from __future__ import annotations

import pytest

from onoma.bundle import Bundle, CalibrationCard, EncoderCard, Manifest, TagsCard, WindowConfig
from onoma.explanation import Explainer
from onoma.models import Model, TorchBackend, load_pretrained
from support.tagging import linear, model_of
from support.tiny import TAGS, shake, wordpiece, write_encoder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = write_encoder(tmp_path_factory.mktemp("encoder"))
    head = linear(32, len(TAGS))
    shake(head)
    head.affine.weight.data.mul_(2.0)
    model = model_of(load_pretrained(str(folder)).encoder, head).eval()
    return model.requires_grad_(False)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    manifest = Manifest(
        tasks={"entities": TagsCard(labels=("PER", "LOC"), scheme="BIO", head="linear")},
        window=WindowConfig(size=32, overlap=12),
        encoder=EncoderCard(name="none", family="bert"),
    )
    return Bundle(manifest, wordpiece())


@pytest.fixture(scope="session")
def explainer(bundle: Bundle, model: Model) -> Explainer:
    return Explainer(bundle, TorchBackend(model), model=model)


@pytest.fixture(scope="session")
def calibrated(bundle: Bundle, model: Model) -> Explainer:
    """The same model with calibrated scores."""
    numbers = CalibrationCard(
        temperature=1.4, slope=0.7, intercept=-0.4, data="dev", entities=30, error_before=0.2, error_after=0.1
    )
    manifest = bundle.manifest.with_entities(calibration=numbers)
    return Explainer(Bundle(manifest, bundle.tokenizer), TorchBackend(model), model=model)
