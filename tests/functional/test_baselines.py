"""Baselines by command and from Python: trained, saved, tagged, measured, calibrated, resumed, refused."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

import onoma as package
from onoma.baselines import write_arrays
from onoma.baselines.vocabulary import Vocabulary
from onoma.errors import BundleError, ConfigError, InputError, MissingExtraError
from onoma.text import Document, Word
from support.environment import environment
from support.learnable import SENTENCES, write_corpus

KINDS = ("crf", "bilstm", "gazetteer")
NETWORK = {
    "training.epochs": 12,
    "training.patience": 12,
    "training.learning_rate": 0.05,
    "bilstm.word_size": 8,
    "bilstm.character_size": 6,
    "bilstm.filters": 8,
    "bilstm.hidden": 12,
    "bilstm.dropout": 0.1,
}
TEXT = "the angela merkel visited lyon.\n\nIn lyon and the lyon, angela 🙂 merkel!  of"


def settings_of(kind):
    return NETWORK if kind == "bilstm" else {}


@pytest.fixture(scope="module")
def models(corpus, tmp_path_factory):
    pytest.importorskip("pycrfsuite", reason="python-crfsuite, the extra baselines, is not installed")
    folder = tmp_path_factory.mktemp("baselines")
    return {
        kind: package.train(
            train=corpus, dev=corpus, test=corpus, encoder=kind, output=folder / kind, settings=settings_of(kind)
        )
        for kind in KINDS
    }


@pytest.fixture(params=KINDS)
def run(request, models):
    return models[request.param]


def test_it_learns_the_corpus_and_its_folder_says_how_well(run):
    assert run.dev["f1"] > 0.9
    figures = run.tagger.bundle.manifest.provenance.figures
    assert figures["test"]["f1"] == run.test.exact.f1 == run.dev["f1"]
    assert (run.folder / "README.md").read_text(encoding="utf-8").count("baseline")


def test_the_manifest_of_a_network_has_the_settings_that_were_left_open(models):
    training = models["bilstm"].tagger.bundle.manifest.provenance.settings["training"]
    assert training["learning_rate"] > 0
    assert training["batch_subwords"] > 0
    assert training["dtype"] == "fp32"


def test_how_long_it_took_and_its_figures_on_dev_are_in_the_history(run):
    last = [line for line in run.history if line["kind"] in ("epoch", "fit")][-1]
    assert last["seconds"] >= 0
    assert last["dev"].keys() == run.dev.keys()
    assert (run.best_epoch > 0) is (last["kind"] == "epoch")


def test_the_command_shows_the_figures_on_dev(onoma, corpus, tmp_path):
    trained = onoma("train", "--train", corpus, "--dev", corpus, "--encoder", "gazetteer", "-o", tmp_path / "x")
    assert "dev F1 100.00" in trained.err
    assert f"{corpus} is in train and in dev, so F1 on dev says nothing about other text" in trained.err


def test_a_test_set_that_train_has_under_another_name_and_its_labels_are_noted(onoma, corpus, tmp_path):
    copy, other = tmp_path / "copy.conll", tmp_path / "other.conll"
    shutil.copy(corpus, copy)
    other.write_text("Bob B-PERSON\nlikes O\n", encoding="utf-8")
    arguments = ["train", "--train", corpus, "--test", copy, "--test", other, "--encoder", "gazetteer"]
    trained = onoma(*arguments, "-o", tmp_path / "x")
    assert f"{copy} is in train, as {corpus}, and in test, so F1 on test says nothing about other text" in trained.err
    assert "labels of test that train does not have, which count as missed: PERSON (1)" in trained.err


def test_the_progress_of_a_network_counts_sentences_and_words(onoma, corpus, tmp_path):
    named = ("--train", corpus, "--dev", corpus, "--encoder", "bilstm", "--set", "training.epochs=1")
    trained = onoma("train", *named, "-o", tmp_path / "x")
    assert re.search(r"\d+ sentences, [\d,]+ words, 1 epoch, \d+ steps of [\d,]+ words", trained.err), trained.err
    assert "words/s" in trained.err
    assert "subword" not in trained.err


def test_the_command_that_training_suggests_can_be_pasted(onoma, corpus, tmp_path):
    output = tmp_path / "my model"
    trained = onoma("train", "--train", corpus, "--encoder", "gazetteer", "-o", output)
    assert f"try: onoma tag --model '{output}' --text" in trained.err


def test_offsets_are_those_of_the_text(run):
    document = run.tagger.tag(TEXT)
    assert document.text == TEXT
    assert [entity.text for entity in document.entities].count("lyon") == 3
    for entity in document.entities:
        assert TEXT[entity.start : entity.end] == entity.text
        assert 0 < entity.score <= 1


def test_a_loaded_model_tags_as_the_trained_one_and_so_does_a_copy(run):
    loaded = package.load(run.folder)
    copied = pickle.loads(pickle.dumps(loaded))
    assert loaded.tag(TEXT) == copied.tag(TEXT) == run.tagger.tag(TEXT)


def test_neighbours_in_a_stream_change_nothing(run):
    texts = [TEXT, "", "lyon", "the " * 3_000 + "lyon", "angela merkel", " \n"] * 3
    together = list(run.tagger.tag_many(iter(texts)))
    assert [document.text for document in together] == texts
    for text, document in zip(texts[:6], together, strict=False):
        alone = run.tagger.tag(text)
        assert _spans(alone) == _spans(document)
        for one, other in zip(alone.entities, document.entities, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-5)


def test_an_entity_is_found_anywhere_in_a_long_sentence(run):
    words = ["to", "lyon", "and", "lyon", "the", "visited", "of", "and"] * 100
    document = run.tagger.tag(Document.from_words([words]))
    assert [entity.text for entity in document.entities] == ["lyon"] * 200


def test_given_words_and_sentences_are_used(run):
    given = Document.from_words([["to", "lyon"], ["angela", "merkel", "visited", "the"]], id="7")
    tagged = run.tagger.tag(given)
    assert [entity.text for entity in tagged.entities] == ["lyon", "angela merkel"]
    assert (tagged.id, tagged.words, tagged.sentences) == ("7", given.words, given.sentences)


def test_words_of_no_characters_are_tagged_too(run):
    assert run.tagger.tag(Document.from_words([[""]])).text == ""
    places = [(0, 0), (0, 2), (3, 7), (7, 8), (8, 8)]
    text = "to lyon."
    words = tuple(Word(start=start, end=end, text=text[start:end]) for start, end in places)
    assert "lyon" in [entity.text for entity in run.tagger.tag(Document(text, words=words)).entities]


def test_what_a_stream_raises_comes_behind_what_was_read(run):
    def texts():
        yield "lyon"
        raise OSError("gone")

    tagged = run.tagger.tag_many(texts())
    assert next(tagged).entities[0].text == "lyon"
    with pytest.raises(OSError, match="gone"):
        next(tagged)


def test_the_probability_of_any_span_can_be_asked_for(run):
    (read,) = run.tagger.predict_many(["the angela merkel visited lyon"])
    (person, place) = read.document.entities
    assert read.probability(person, "PER") == pytest.approx(person.score)
    assert read.probability(place, "PER") < 0.5


def test_commands_take_it(onoma, run, corpus, tmp_path):
    tagged = onoma("tag", "--model", run.folder, "--text", "in lyon", "--to", "jsonl")
    assert tagged.status == 0, tagged.err
    assert [entity["text"] for entity in json.loads(tagged.out)["entities"]] == ["lyon"]
    evaluated = onoma("evaluate", run.folder, corpus, "--json")
    assert json.loads(evaluated.out)["exact"]["f1"] == pytest.approx(run.test.exact.f1)
    shown = onoma("info", run.folder)
    kind = run.tagger.bundle.manifest.baseline
    assert (shown.status, f"baseline    {kind}" in shown.out) == (0, True), shown.err
    lines = tmp_path / "in.txt"
    lines.write_text("in lyon\nthe\n", encoding="utf-8")
    files = onoma("tag", "--model", run.folder, lines, "-o", tmp_path / "out.jsonl")
    assert files.status == 0, files.err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(len(row["entities"]) for row in rows) == 1


@pytest.mark.parametrize(
    "arguments", [("export",), ("export", "--quantize", "int8"), ("explain", "--text", "lyon")], ids=" ".join
)
def test_what_needs_an_encoder_says_that_it_is_a_baseline(onoma, run, arguments):
    command, *options = arguments
    refused = onoma(command, run.folder, *options)
    kind = run.tagger.bundle.manifest.baseline
    assert (refused.status, f"is the baseline {kind}, which has no encoder" in refused.err) == (2, True), refused.err


def test_what_begins_with_an_encoder_says_so_too(onoma, run, corpus, tmp_path):
    for command in (
        ("prune", run.folder, "--layers", "1", "--output", tmp_path / "x"),
        ("train", "--train", corpus, "--encoder", run.folder, "-o", tmp_path / "x"),
    ):
        refused = onoma(*command)
        assert (refused.status, "which has no encoder" in refused.err) == (2, True), refused.err
    assert not (tmp_path / "x").exists()


def test_only_one_dtype_is_known(run):
    assert package.load(run.folder, dtype="fp32").tag("lyon").entities
    with pytest.raises(InputError, match=r"is the baseline .*, which has no dtype int8"):
        package.load(run.folder, dtype="int8")


def test_files_are_not_begun_with_another_dtype(onoma, run, tmp_path):
    lines = tmp_path / "in.txt"
    lines.write_text("in lyon\n", encoding="utf-8")
    refused = onoma("tag", "--model", run.folder, lines, "--dtype", "bf16", "-o", tmp_path / "out.jsonl")
    assert (refused.status, "which has no dtype bf16" in refused.err) == (2, True), refused.err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_joined_sentences_are_scored_as_each_of_its_own(models, corpus, tmp_path, kind):
    settings = settings_of(kind) | {"data.documents": "file", "training.seed": 1}
    joined = package.train(train=corpus, dev=corpus, encoder=kind, output=tmp_path / "x", settings=settings)
    expected = package.evaluate(models[kind].folder, corpus).exact
    assert package.evaluate(joined.folder, corpus).exact == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_of_the_text_is_learnt_with_the_labels_of_all_of_it(corpus, tmp_path, kind):
    settings = settings_of(kind) | ({"training.epochs": 1} if kind == "bilstm" else {}) | {"data.sentences": 1}
    run = package.train(train=corpus, encoder=kind, output=tmp_path / "x", settings=settings)
    assert run.tagger.labels == ("LOC", "PER")
    assert run.tagger.bundle.manifest.provenance.data["train"].documents == 1
    assert run.tagger.tag(TEXT).text == TEXT


@pytest.mark.parametrize("kind", KINDS)
def test_entities_that_overlap_are_counted(tmp_path, kind):
    text = "angela merkel visited lyon"
    spans = [{"start": 0, "end": 13, "label": "PER"}, {"start": 7, "end": 13, "label": "LOC"}]
    path = tmp_path / "nested.jsonl"
    path.write_text(f"{json.dumps({'text': text, 'entities': spans})}\n" * 3, encoding="utf-8")
    settings = settings_of(kind) | ({"training.epochs": 1} if kind == "bilstm" else {})
    told: list[str] = []
    run = package.train(
        train=path,
        encoder=kind,
        output=tmp_path / "x",
        settings=settings,
        on_event=lambda event: told.append(getattr(event, "text", "")),
    )
    assert any("nested.jsonl: 3 entities" in text for text in told)
    assert sum(run.tagger.bundle.manifest.provenance.dropped.values()) == 3


def test_an_encoder_in_a_folder_that_is_called_like_a_baseline_is_mentioned(tmp_path, corpus, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gazetteer").mkdir()
    told: list[str] = []
    for _ in range(2):
        package.train(
            train=corpus,
            encoder="gazetteer",
            output=tmp_path / "x",
            overwrite=True,
            on_event=lambda event: told.append(getattr(event, "text", "")),
        )
        (tmp_path / "gazetteer" / "config.json").write_text("{}", encoding="utf-8")
    assert [text for text in told if "./gazetteer" in text] == [
        "gazetteer is the baseline; the encoder in the folder gazetteer is chosen as ./gazetteer"
    ]


def test_calibration_changes_scores_and_no_entity(run, tmp_path):
    mixed = write_corpus(tmp_path / "mixed.conll", [*SENTENCES * 6, *["lyon/O the/O"] * 12])
    folder = shutil.copytree(run.folder, tmp_path / "x")
    before = package.load(folder).tag(TEXT)
    package.calibrate(folder, mixed)
    after = package.load(folder).tag(TEXT)
    assert _spans(before) == _spans(after)
    assert [entity.score for entity in before.entities] != [entity.score for entity in after.entities]


@pytest.mark.parametrize("kind", KINDS)
def test_without_dev_the_last_weights_are_kept(corpus, tmp_path, kind):
    settings = settings_of(kind) | ({"training.epochs": 1} if kind == "bilstm" else {})
    run = package.train(train=corpus, encoder=kind, output=tmp_path / "x", settings=settings)
    assert run.dev is None
    assert run.tagger.labels == ("LOC", "PER")


def test_a_network_that_was_stopped_is_resumed_with_the_same_result(onoma, interrupt, corpus, tmp_path):
    sets = [option for key, value in NETWORK.items() for option in ("--set", f"{key}={value}")]
    arguments = ("train", "--train", corpus, "--dev", corpus, "--encoder", "bilstm", *sets)
    assert onoma(*arguments, "-o", tmp_path / "whole").status == 0
    output = tmp_path / "broken"
    interrupt(7, signal.SIGTERM)
    stopped = onoma(*arguments, "-o", output)
    assert (stopped.status, "after step 7; pass --resume" in stopped.err) == (143, True), stopped.err
    resumed = onoma("train", "-o", output, "--resume")
    assert (resumed.status, "resumed after step 7" in resumed.err) == (0, True), resumed.err
    for name in ("model.onnx", "model.npz"):
        assert (output / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_network_whose_process_was_killed_is_resumed_with_the_same_result(corpus, tmp_path):
    settings = NETWORK | {"training.checkpoint_steps": 5}
    run = {"train": corpus, "dev": corpus, "encoder": "bilstm", "settings": settings}
    package.train(**run, output=tmp_path / "whole")

    def fail(event):
        if getattr(event, "number", 0) == 8 and hasattr(event, "learning_rate"):
            raise MemoryError

    with pytest.raises(MemoryError):
        package.train(**run, output=tmp_path / "broken", on_event=fail)
    told = []
    package.train(**run, output=tmp_path / "broken", resume=True, on_event=lambda event: told.append(event))
    (done,) = [event.done for event in told if hasattr(event, "done")]
    assert 0 < done < 8
    for name in ("model.onnx", "model.npz"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_network_with_little_training_text_is_not_evaluated_on_a_large_dev_set_after_each_epoch(corpus, tmp_path):
    dev = write_corpus(tmp_path / "dev.conll", SENTENCES * 60)
    settings = NETWORK | {"training.epochs": 16}
    run = package.train(train=corpus, dev=dev, encoder="bilstm", output=tmp_path / "x", settings=settings)
    evaluated = [line["epoch"] for line in run.history if line["kind"] == "epoch" and "dev" in line]
    assert evaluated == [4, 8, 12, 16]


@pytest.mark.parametrize("kind", KINDS)
def test_a_corpus_without_entities_is_refused(tmp_path, kind):
    empty = write_corpus(tmp_path / "empty.conll", ["the/O visited/O", "of/O"] * 3)
    with pytest.raises(InputError, match="no entities"):
        package.train(
            train=empty,
            encoder=kind,
            output=tmp_path / "x",
            settings={"data.skip_checks": True, "data.tag_scheme": "BIO"},
        )
    assert not (tmp_path / "x").exists()


def test_a_dev_set_without_any_of_the_labels_is_refused(corpus, tmp_path):
    dev = write_corpus(tmp_path / "dev.conll", ["the/O visited/O", "of/O"] * 3)
    settings = {"data.skip_checks": True}
    with pytest.raises(InputError, match=r"^dev\.conll has none of the labels .*: none, not LOC, PER; "):
        package.train(train=corpus, dev=dev, encoder="bilstm", output=tmp_path / "x", settings=settings)


@pytest.mark.parametrize(
    ("kind", "setting", "named"),
    [
        ("crf", {"model.head": "span"}, "model.head: the baseline crf does not have this setting"),
        ("crf", {"model.window": 64}, "model.window: the baseline crf does not have this setting"),
        ("gazetteer", {"data.weight": 2.0}, "data.weight: the baseline gazetteer"),
        (
            "bilstm",
            {"task": [{"name": "pos", "kind": "words", "train": "x.conllu"}]},
            "task: the baseline bilstm learns entities alone; leave out the tables [[task]]",
        ),
        ("bilstm", {"data.mixed_lengths": True}, "data.mixed_lengths: the baseline bilstm"),
        ("crf", {"training.epochs": 3}, "training.epochs: the baseline crf"),
        ("gazetteer", {"crf.c1": 2.0}, "crf.c1: the baseline gazetteer"),
        ("bilstm", {"training.freeze_layers": 1}, "training.freeze_layers: the baseline bilstm"),
        ("bilstm", {"training.dtype": "bf16"}, "training.dtype: the baseline bilstm"),
        ("small", {"crf.c1": 2.0}, "crf: is for the baseline crf, and model.encoder is small"),
        ("crf", {"crf.c3": 2.0}, "unknown key 'crf.c3'; known here: c1, c2, iterations"),
    ],
)
def test_a_setting_without_effect_is_refused(corpus, tmp_path, kind, setting, named):
    with pytest.raises(ConfigError) as refused:
        package.train(train=corpus, encoder=kind, output=tmp_path / "x", settings=setting)
    assert named in str(refused.value)


def test_partial_annotation_is_learnt_by_the_network_alone(tmp_path, corpus):
    other = write_corpus(tmp_path / "places.conll", ["in/O lyon/B-LOC angela/O", "lyon/B-LOC"] * 4)
    tables = {"data.corpora": [{"files": ["places.conll"], "unannotated": ["PER"]}]}
    with pytest.raises(ConfigError, match="crf cannot leave open"):
        package.train(train=[corpus, other], encoder="crf", output=tmp_path / "x", settings=tables)
    settings = NETWORK | tables | {"training.epochs": 1}
    run = package.train(train=[corpus, other], encoder="bilstm", output=tmp_path / "x", settings=settings)
    assert run.tagger.labels == ("LOC", "PER")


def test_a_missing_package_is_named_with_the_command_that_installs_it(corpus, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    with pytest.raises(MissingExtraError, match=r"baseline crf needs .* pip install 'onoma\[baselines\]'"):
        package.train(train=corpus, encoder="crf", output=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_label_errors_are_looked_for_with_the_crf(models, corpus):
    checkup = package.check(corpus, folds=2, encoder="crf")
    assert checkup.files


@pytest.mark.parametrize("kind", KINDS)
def test_tagging_needs_neither_torch_nor_crfsuite(models, kind):
    code = (
        "import sys; sys.modules |= dict.fromkeys(('torch', 'pycrfsuite'));"
        "import onoma; print(onoma.load(sys.argv[1]).tag('in lyon').entities[0].text)"
    )
    command = [sys.executable, "-c", code, models[kind].folder]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert done.stdout.strip() == "lyon", done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_broken_files_are_refused(models, kind, tmp_path):
    folder = tmp_path / "x"
    shutil.copytree(models[kind].folder, folder)
    path = folder / "model.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(BundleError, match=r"has .* bytes"):
        package.load(folder)
    path.write_bytes(bytes(len(whole)))
    with pytest.raises(BundleError, match="cannot be read as arrays"):
        package.load(folder)
    path.unlink()
    with pytest.raises(BundleError, match="is missing"):
        package.load(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_byte_gives_a_message(models, kind, tmp_path):
    folder = shutil.copytree(models[kind].folder, tmp_path / "x")
    path = folder / "model.npz"
    whole = path.read_bytes()
    refused = 0
    for position in range(0, len(whole), max(1, len(whole) // 100)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            package.load(folder)
        except BundleError:
            refused += 1
    assert refused > 50


def test_files_of_different_models_are_refused(models, tmp_path):
    folder = tmp_path / "x"
    shutil.copytree(models["crf"].folder, folder)
    manifest = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))
    manifest["tasks"]["entities"] |= {"labels": ["LOC"], "transitions": None}
    (folder / "onoma.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=r"gives each word 5 scores, .* ask for 3"):
        package.load(folder)


def test_a_vocabulary_that_is_larger_than_its_network_is_refused(models, tmp_path):
    folder = tmp_path / "x"
    shutil.copytree(models["bilstm"].folder, folder)
    with np.load(folder / "model.npz") as file:
        arrays = dict(file)
    vocabulary = Vocabulary.from_arrays(arrays)
    larger = Vocabulary((*vocabulary.words, "zzz"), vocabulary.characters, (*vocabulary.counts, 2))
    write_arrays(folder, larger.arrays())
    manifest = json.loads((folder / "onoma.json").read_text(encoding="utf-8"))
    manifest["files"]["model.npz"] = (folder / "model.npz").stat().st_size
    (folder / "onoma.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match="the files belong to different models"):
        package.load(folder)


def _spans(document):
    return [(entity.start, entity.end, entity.label) for entity in document.entities]
