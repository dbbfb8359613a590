"""Tiny models of random weights in bundles, and what explains them."""

from __future__ import annotations

import pytest

from onoma.bundle import Bundle, CalibrationCard, EncoderCard, Manifest, SpansCard, TagsCard, WindowConfig
from onoma.explanation import Explainer
from onoma.models import Model, TorchBackend, load_pretrained
from onoma.models.heads import SpanHead
from onoma.tasks import SpanTask
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
    return bundle_of(TagsCard(labels=("PER", "LOC"), scheme="BIO", head="linear"))


@pytest.fixture(scope="session")
def explainer(bundle: Bundle, model: Model) -> Explainer:
    return Explainer(bundle, TorchBackend(model), model=model)


@pytest.fixture(scope="session")
def calibrated(explainer: Explainer) -> Explainer:
    """The same model with calibrated scores."""
    return with_calibration(explainer)


@pytest.fixture(scope="session")
def of_spans(model: Model) -> Explainer:
    """A model that scores spans of up to seven words, with random weights and a low threshold."""
    card = SpansCard(
        labels=("PER", "LOC"),
        head="span",
        size=4,
        widest=7,
        overlaps="free",
        threshold=-3.0,
        width=[[-1.5, -2.0], [-2.5, -2.0], [-3.0, -3.0], [-4.0, -3.5], [-5.0, -4.5], [-5.0, -5.0], [-5.5, -5.0]],
    )
    head = SpanHead(32, SpanTask(card.labels, size=card.size, widest=card.widest))
    shake(head)
    head.affine.weight.data.mul_(2.0)
    scored = Model(model.encoder, {"entities": head}).eval().requires_grad_(False)
    return Explainer(bundle_of(card), TorchBackend(scored), model=scored)


@pytest.fixture(params=["tags", "tags, calibrated", "spans", "spans, calibrated"])
def either(request: pytest.FixtureRequest, explainer: Explainer, of_spans: Explainer) -> Explainer:
    """Each kind of model, as trained and calibrated."""
    chosen = of_spans if request.param.startswith("spans") else explainer
    return with_calibration(chosen) if request.param.endswith("calibrated") else chosen


def bundle_of(card: TagsCard | SpansCard) -> Bundle:
    manifest = Manifest(
        tasks={"entities": card},
        window=WindowConfig(size=32, overlap=12),
        encoder=EncoderCard(name="none", family="bert"),
    )
    return Bundle(manifest, wordpiece())


def with_calibration(explainer: Explainer) -> Explainer:
    numbers = CalibrationCard(
        temperature=1.4, slope=0.7, intercept=-0.4, data="dev", entities=30, error_before=0.2, error_after=0.1
    )
    manifest = explainer.bundle.manifest.with_entities(calibration=numbers)
    return Explainer(explainer.bundle.with_manifest(manifest), explainer.backend, model=explainer.model)
