"""The main job, as a user does it: train, look, judge, tag."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import onoma as package
from onoma.engine.events import EpochEnded, Event, Listener, Stepped
from onoma.errors import InputError

TEXT = "Angela Merkel visited Lyon."


def test_a_model_is_one_folder_with_all_it_needs(model):
    names = {path.name for path in model.iterdir()}
    assert {"onoma.json", "tokenizer.json", "model.onnx", "model.safetensors", "config.json", "README.md"} <= names
    assert [path.name for path in model.parent.iterdir()] == [model.name]


def test_it_has_learnt_what_it_was_shown(onoma, model, corpus):
    outcome = onoma("evaluate", model, corpus, "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["exact"]["f1"] == 1.0


def test_the_figures_in_the_model_are_those_that_evaluate_gives(onoma, model, corpus):
    manifest = json.loads((model / "onoma.json").read_text(encoding="utf-8"))
    report = json.loads(onoma("evaluate", model, corpus, "--json").out)
    assert manifest["provenance"]["figures"]["test"]["f1"] == report["exact"]["f1"]
    assert manifest["provenance"]["figures"]["dev"]["f1"] == report["exact"]["f1"]


def test_the_card_has_the_interval_of_the_test_figures(onoma, model, corpus):
    report = json.loads(onoma("evaluate", model, corpus, "--json").out)
    low, high = (100 * bound for bound in report["intervals"]["exact"]["f1"])
    card = (model / "README.md").read_text(encoding="utf-8")
    assert f"| test | 100.00 | 100.00 | 100.00 ({low:.2f} – {high:.2f}) |" in card


def test_evaluate_uses_the_words_of_the_file_unless_told_otherwise(onoma, model, tmp_path):
    path = tmp_path / "one-word.jsonl"
    record = {
        "text": "in lyon",
        "tokens": [{"text": "in lyon", "start": 0, "end": 7}],
        "entities": [{"start": 3, "end": 7, "label": "LOC"}],
    }
    path.write_text(json.dumps(record), encoding="utf-8")
    assert json.loads(onoma("evaluate", model, path, "--json").out)["exact"]["f1"] == 0.0
    assert json.loads(onoma("evaluate", model, path, "--raw", "--json").out)["exact"]["f1"] == 1.0


def test_evaluate_prints_a_table(onoma, model, corpus):
    outcome = onoma("evaluate", model, corpus)
    assert "PER" in outcome.out
    assert "100.00" in outcome.out


def test_info_shows_labels_data_and_figures(onoma, model):
    outcome = onoma("info", model)
    for piece in ("LOC, PER", "train.conll", "24 documents", "100.00 (precision 100.00, recall 100.00)"):
        assert piece in outcome.out


def test_tag_shows_names_in_brackets_where_there_is_no_colour(onoma, model):
    assert onoma("tag", "--model", model, "--text", TEXT).out == "[Angela Merkel PER] visited [Lyon LOC].\n"


def test_tag_writes_json_with_offsets_of_the_text(onoma, model):
    outcome = onoma("tag", "--model", model, "--to", "jsonl", stdin=b"\xef\xbb\xbfin Lyon\r\n")
    (line,) = outcome.out.splitlines()
    document = json.loads(line)
    (entity,) = document["entities"]
    assert document["text"] == "in Lyon\r\n"
    assert (entity["start"], entity["end"], entity["label"], entity["text"]) == (3, 7, "LOC", "Lyon")
    assert 0 < entity["score"] <= 1


def test_lines_are_documents_on_request(onoma, model):
    outcome = onoma("tag", "--model", model, "--lines", "--to", "jsonl", stdin=b"Lyon\r\n\nMerkel\n")
    tagged = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(each["id"], each["text"]) for each in tagged] == [("1", "Lyon"), ("2", ""), ("3", "Merkel")]


def test_lines_are_text_whatever_they_look_like(onoma, model, tmp_path):
    lines = ["Merkel B-PER", "visited O", "Lyon B-LOC"]
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    outcome = onoma("tag", "--model", model, "--lines", tmp_path / "a.txt", "--to", "jsonl")
    assert [json.loads(line)["text"] for line in outcome.out.splitlines()] == lines


def test_json_lines_are_detected_in_standard_input(onoma, model):
    records = b'{"id": "a", "text": "Merkel"}\n{"id": "b", "text": "in Lyon"}\n'
    outcome = onoma("tag", "--model", model, "--to", "jsonl", stdin=records)
    assert [json.loads(line)["id"] for line in outcome.out.splitlines()] == ["a", "b"]


def test_tag_reads_annotated_files_and_does_not_look_at_their_entities(onoma, model, tmp_path):
    path = tmp_path / "in.conll"
    path.write_text("lyon\tO\nvisited\tB-PER\n", encoding="utf-8")
    outcome = onoma("tag", "--model", model, path, "--to", "conll")
    assert outcome.out.split() == ["lyon", "B-LOC", "visited", "O"]


def test_tag_writes_a_page_and_refuses_to_overwrite_it(onoma, model, tmp_path):
    output = tmp_path / "page.html"
    assert onoma("tag", "--model", model, "--text", TEXT, "--output", output).status == 0
    page = output.read_text(encoding="utf-8")
    assert "Angela Merkel" in page
    again = onoma("tag", "--model", model, "--text", "x", "--output", output)
    assert (again.status, "--overwrite" in again.err) == (2, True)
    assert output.read_text(encoding="utf-8") == page


def test_score_judges_two_files(onoma, tmp_path):
    gold, predicted = tmp_path / "gold.conll", tmp_path / "predicted.conll"
    gold.write_text("Ada\tB-PER\nmet\tO\nBob\tB-PER\n", encoding="utf-8")
    predicted.write_text("Ada B-PER\r\nmet O\r\nBob O\r\n", encoding="utf-8")
    report = json.loads(onoma("score", gold, predicted, "--json").out)
    assert report["exact"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    assert {"surface", "partial", "labels"} <= set(report)


def test_convert_goes_there_and_back(onoma, corpus, tmp_path):
    there, back = tmp_path / "train.jsonl", tmp_path / "back.conll"
    outcome = onoma("convert", corpus, there)
    assert (outcome.status, "scheme BIO (detected)" in outcome.err) == (0, True)
    assert onoma("convert", there, back).status == 0
    assert list(package.read(back)) == list(package.read(corpus))


def test_a_folder_of_brat_files_trains_as_well(onoma, encoder, corpus, tmp_path):
    assert onoma("convert", corpus, tmp_path / "brat", "--to", "brat").status == 0
    settings = {"training.epochs": 1, "model.window": 64, "model.overlap": 16}
    result = package.train(train=tmp_path / "brat", encoder=str(encoder), output=tmp_path / "x", settings=settings)
    assert result.tagger.bundle.manifest.provenance.data["train"].entities == 36


def test_python_does_what_the_commands_do(model, corpus):
    tagger = package.load(model)
    document = tagger.tag(TEXT)
    assert [(entity.text, entity.label) for entity in document.entities] == [("Angela Merkel", "PER"), ("Lyon", "LOC")]
    assert [one.text for one in tagger.tag_many(["in Lyon", ""])] == ["in Lyon", ""]
    assert package.evaluate(tagger, corpus).exact.f1 == 1.0


def test_the_same_seed_gives_the_same_model(encoder, corpus, tmp_path):
    settings = {"training.epochs": 2, "model.window": 64, "model.overlap": 16, "training.dtype": "fp32"}
    for name in ("a", "b"):
        package.train(train=corpus, encoder=str(encoder), output=tmp_path / name, settings=settings)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b")]
    assert weights[0] == weights[1]


def test_a_stopped_run_leaves_the_best_model_so_far_and_can_be_resumed(encoder, corpus, tmp_path):
    settings = {
        "training.epochs": 3,
        "training.learning_rate": 0.01,
        "training.batch_subwords": 48,
        "model.window": 64,
        "model.overlap": 16,
    }

    def run(name: str, on_event: Listener | None = None, *, resume: bool = False):
        return package.train(
            train=corpus,
            dev=corpus,
            encoder=str(encoder),
            output=tmp_path / name,
            settings=settings | {"training.dtype": "fp32"},
            resume=resume,
            on_event=on_event,
        )

    def after_an_epoch(event: Event) -> bool:
        return isinstance(event, EpochEnded)

    def within_the_second_epoch(event: Event) -> bool:
        return isinstance(event, Stepped) and event.epoch == 2

    first, second, whole = run("first", after_an_epoch), run("second", within_the_second_epoch), run("whole")
    assert (first.interrupted, second.interrupted, whole.interrupted) == (True, True, False)
    assert (first.best_epoch, second.best_epoch) == (1, 1)
    weights = {name: (tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "second", "whole")}
    assert weights["second"] == weights["first"] != weights["whole"]
    left = contents(second.folder)
    assert "unfinished" in {path.parts[0] for path in left}
    with pytest.raises(InputError, match="unfinished run"):
        run("second")
    assert contents(second.folder) == left
    assert not run("second", resume=True).interrupted
    assert (second.folder / "model.safetensors").read_bytes() == weights["whole"]
    assert contents(second.folder).keys() == contents(whole.folder).keys()


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_training_without_dev_keeps_the_last_weights(encoder, corpus, tmp_path):
    settings = {"training.epochs": 30, "training.learning_rate": 0.01, "model.window": 64, "model.overlap": 16}
    result = package.train(train=corpus, encoder=str(encoder), output=tmp_path / "x", settings=settings)
    assert package.evaluate(result.tagger, corpus).exact.f1 == 1.0


def test_tagging_needs_no_torch(model):
    program = f"""
import sys
for name in ("torch", "transformers", "safetensors", "onnx", "jaxtyping"):
    sys.modules[name] = None
import onoma
assert "numpy" not in sys.modules, "import onoma loads numpy"
print([entity.text for entity in onoma.load({str(model)!r}).tag({TEXT!r}).entities])
loaded = {{"pydantic", "rich", "typer", "onoma.corpora", "onoma.metrics"}} & sys.modules.keys()
assert not loaded, f"tagging loads {{loaded}}, which makes the start slow"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['Angela Merkel', 'Lyon']", done.stderr
    assert not done.returncode, done.stderr


def test_answers_do_not_depend_on_neighbours(model):
    tagger = package.load(model)
    texts = [f"{'the ' * number}Angela Merkel visited Lyon" for number in range(40)] + ["", "x" * 5_000]
    alone = [tagger.tag(text) for text in texts]
    together = list(tagger.tag_many(texts))
    for one, other in zip(alone, together, strict=True):
        assert [(e.start, e.end, e.label) for e in one.entities] == [(e.start, e.end, e.label) for e in other.entities]
        own, others = ([entity.score or 0 for entity in found.entities] for found in (one, other))
        np.testing.assert_allclose(own, others, atol=1e-4)


def test_a_run_can_be_kept_in_a_file(onoma, encoder, corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = f"""
        output = "runs/x"
        [data]
        train = {str(corpus)!r}
        [model]
        encoder = {str(encoder)!r}
        window = 64
        overlap = 16
        [training]
        epochs = 9
    """
    Path("run.toml").write_text(run, encoding="utf-8")
    outcome = onoma("train", "run.toml", "--set", "training.epochs=1")
    assert outcome.status == 0, outcome.err
    settings = json.loads(onoma("info", "runs/x", "--json").out)["provenance"]["settings"]
    assert settings["training"]["epochs"] == 1


def test_the_manifest_has_what_a_run_came_to_where_its_settings_leave_something_open(encoder, corpus, tmp_path):
    given = {"model.encoder": str(encoder), "data.train": str(corpus), "training.epochs": 1}
    first = package.train(settings=given, output=tmp_path / "first")
    training = first.tagger.bundle.manifest.provenance.settings["training"]
    assert isinstance(training, dict)
    found = {key: training[key] for key in ("learning_rate", "batch_subwords", "epochs", "dtype", "device")}
    assert None not in found.values()
    assert "auto" not in found.values()
    named = {f"training.{key}": value for key, value in found.items()}
    second = package.train(settings=given | named, output=tmp_path / "second")
    weights = [(each.folder / "model.safetensors").read_bytes() for each in (first, second)]
    assert weights[0] == weights[1]
