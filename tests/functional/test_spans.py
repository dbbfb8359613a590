"""Models that score spans, through the command line: nested entities learnt, saved, exported, measured, refused."""

from __future__ import annotations

import json

import pytest

import onoma as package
from onoma.bundle import SpansCard
from onoma.engine.events import ignore
from onoma.errors import ConfigError
from onoma.training import read_config, run_training

TEXTS = {
    "angela merkel visited lyon": [(0, 13, "PER"), (7, 13, "LOC"), (22, 26, "LOC")],
    "the merkel of lyon visited the angela": [(4, 18, "PER"), (14, 18, "LOC")],
    "in lyon and to the lyon": [(3, 7, "LOC"), (19, 23, "LOC")],
    "the visited of and in to": [],
}
SETTINGS = {
    "model.head": "span",
    "model.overlaps": "nested",
    "model.span_size": 8,
    "model.widest_span": 6,
    "model.window": 64,
    "training.epochs": 40,
    "training.patience": 40,
    "training.learning_rate": 0.01,
    "training.dtype": "fp32",
}


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    path = tmp_path_factory.mktemp("nested") / "nested.jsonl"
    records = [
        {"text": text, "entities": [{"start": start, "end": end, "label": label} for start, end, label in entities]}
        for text, entities in TEXTS.items()
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records * 4), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model_of_spans(encoder, nested, tmp_path_factory):
    output = tmp_path_factory.mktemp("spans") / "model"
    package.train(train=nested, dev=nested, encoder=str(encoder), output=output, settings=SETTINGS)
    return output


def found(document: package.Document) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.label) for entity in document.entities]


def test_entities_inside_others_are_learnt(model_of_spans):
    tagger = package.load(model_of_spans)
    for text, entities in TEXTS.items():
        assert sorted(found(tagger.tag(text))) == sorted(entities)


def test_the_manifest_and_info_say_what_the_head_is(model_of_spans, onoma):
    manifest = json.loads((model_of_spans / "onoma.json").read_text(encoding="utf-8"))
    task = manifest["tasks"]["entities"]
    assert (task["kind"], task["head"], task["overlaps"], task["widest"]) == ("spans", "span", "nested", 6)
    assert "nested spans, head span" in onoma("info", model_of_spans).out


def test_an_exported_graph_gives_the_same(model_of_spans, tmp_path):
    again = tmp_path / "again"
    package.export_model(model_of_spans, output=again)
    text = "the merkel of lyon visited the angela"
    one, other = (package.load(folder).tag(text) for folder in (model_of_spans, again))
    assert found(one) == found(other)
    for entity, same in zip(one.entities, other.entities, strict=True):
        assert entity.score == pytest.approx(same.score, abs=1e-5)


def test_nested_gold_is_scored_whole(model_of_spans, nested):
    report = package.evaluate(model_of_spans, nested)
    assert report.exact.f1 == 1.0
    assert report.exact.gold == 4 * sum(map(len, TEXTS.values()))


@pytest.mark.parametrize("epochs", [2, 12])
def test_the_threshold_is_the_best_one_on_dev(encoder, nested, tmp_path, epochs):
    settings = {**SETTINGS, "training.epochs": epochs}
    run = package.train(train=nested, dev=nested, encoder=str(encoder), output=tmp_path / "model", settings=settings)
    assert run.dev is not None
    manifest = json.loads((tmp_path / "model" / "onoma.json").read_text(encoding="utf-8"))
    chosen = manifest["tasks"]["entities"]["threshold"]
    found = {}
    for threshold in (chosen, *(step / 4 for step in range(-8, 9))):
        manifest["tasks"]["entities"]["threshold"] = threshold
        (tmp_path / "model" / "onoma.json").write_text(json.dumps(manifest), encoding="utf-8")
        found[threshold] = package.evaluate(tmp_path / "model", nested).exact.f1
    assert found[chosen] == max(found.values())
    assert found[chosen] == pytest.approx(run.dev["f1"])


def test_a_search_gets_the_counts_at_the_best_threshold(encoder, nested, tmp_path):
    settings = {"model.encoder": str(encoder), "data.train": nested, "data.dev": nested, "output": tmp_path, **SETTINGS}
    trained = run_training(read_config(None, settings={**settings, "training.epochs": 3}), on_event=ignore)
    assert trained.dev_counts is not None
    correct, predicted, gold = trained.dev_counts.sum(axis=0).tolist()
    assert correct
    assert trained.state.score is not None
    assert 2 * correct / (predicted + gold) == pytest.approx(trained.state.score.value)


def test_without_dev_the_threshold_is_below_one_half(encoder, nested, tmp_path):
    settings = {**SETTINGS, "training.epochs": 1}
    run = package.train(train=nested, encoder=str(encoder), output=tmp_path / "model", settings=settings)
    card = run.tagger.bundle.manifest.entities
    assert isinstance(card, SpansCard)
    assert card.threshold == -1.0


def test_each_of_two_nested_entities_is_explained(model_of_spans):
    explained = package.explain(model_of_spans, "angela merkel visited lyon")
    entities = [each.entity for each in explained.explanations]
    assert [(each.text, each.label) for each in entities] == [
        ("angela merkel", "PER"),
        ("merkel", "LOC"),
        ("lyon", "LOC"),
    ]
    for each in explained.explanations:
        assert each.predicted
        assert each.gap == pytest.approx(0, abs=0.1 * abs(each.log_odds - each.baseline))
    assert max(explained.explanations[2].words, key=lambda word: word.best).text == "lyon"


def test_a_head_of_tags_names_the_one_that_keeps_nested_entities(encoder, nested, tmp_path, onoma):
    done = onoma("train", "--train", nested, "--encoder", encoder, "-o", tmp_path / "x", "--set", "training.epochs=1")
    assert done.status == 0
    assert "8 entities: overlaps a longer entity: left out; model.head=span and model.overlaps=nested keep" in done.err


def test_nested_entities_need_the_head_for_them(encoder, nested, tmp_path):
    with pytest.raises(ConfigError, match=r"model\.overlaps: the head crf gives each word one tag"):
        package.train(train=nested, encoder=str(encoder), output=tmp_path / "x", settings={"model.overlaps": "nested"})


def test_entities_wider_than_the_widest_span_are_counted(encoder, nested, tmp_path, onoma):
    settings = ("--set", "model.head=span", "--set", "model.widest_span=1", "--set", "training.epochs=1")
    done = onoma("train", "--train", nested, "--encoder", encoder, "-o", tmp_path / "x", *settings)
    assert "has more than 1 words, which is model.widest_span: left out" in done.err
