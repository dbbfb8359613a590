"""Models of several tasks: learnt, measured, tagged with in one pass, exported, resumed, refused."""

from __future__ import annotations

import csv
import json
import signal
from collections import Counter
from dataclasses import replace

import pytest

import onoma as package
from onoma.bundle import SpansCard, TagsCard
from onoma.corpora import write
from onoma.errors import ConfigError, InputError
from onoma.text import Document
from onoma.training import read_config
from support.learnable import SENTENCES
from support.several import SPEECH, topic_of, words_of, write_run, write_texts

HELPER = """
[[task]]
name = "masked"
kind = "mlm"
weight = 0.3
"""
SHORT = {"training.epochs": 1}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    write_texts(folder)
    return folder


@pytest.fixture(scope="module")
def result(encoder, texts):
    return package.train(write_run(texts, encoder, output="three"))


@pytest.fixture
def several(result):
    return result.folder


def layer(document: package.Document, name: str) -> list[tuple[str, str]]:
    return [(span.text, span.label) for span in document.layers[name]]


def test_one_pass_gives_entities_and_all_layers(result):
    for sentence in SENTENCES:
        words = words_of(sentence)
        document = result.tagger.tag(" ".join(words))
        assert layer(document, "pos") == [(word, SPEECH[word]) for word in words]
        assert layer(document, "topic") == [(" ".join(words), topic_of(sentence))]
        assert all(0 < span.score <= 1 for spans in document.layers.values() for span in spans)
    assert [entity.label for entity in result.tagger.tag("angela visited lyon").entities]


def test_the_encoder_runs_once_however_many_tasks_there_are(several, monkeypatch):
    from onoma.runtime.onnx import OnnxBackend

    computed, run = Counter[str](), OnnxBackend._infer

    def counted(self, ids, mask):
        computed["calls"] += 1
        return run(self, ids, mask)

    tagger = package.load(several, threads=1)
    monkeypatch.setattr(OnnxBackend, "_infer", counted)
    tagger.tag("angela merkel visited lyon")
    assert computed["calls"] == 1


def test_each_task_has_its_figures(result):
    assert result.dev["pos.accuracy"] == result.tasks["pos"]["accuracy"] == 1.0
    assert result.dev["topic.accuracy"] == result.tasks["topic"]["accuracy"] == 1.0
    assert result.dev["f1"] == result.test.exact.f1
    data = result.tagger.bundle.manifest.provenance.data
    assert {"train", "dev", "test", "pos.train", "pos.dev", "pos.test", "topic.train"} <= data.keys()


def test_the_manifest_the_card_and_info_name_all_tasks(several, onoma):
    tasks = json.loads((several / "onoma.json").read_text(encoding="utf-8"))["tasks"]
    assert {name: card["kind"] for name, card in tasks.items()} == {
        "entities": "tags",
        "pos": "words",
        "topic": "sentences",
    }
    card = (several / "README.md").read_text(encoding="utf-8")
    assert "it predicts the layers pos and topic" in card
    assert "| dev | pos.accuracy | 100.00 |" in card
    assert "a label for each word, head linear" in onoma("info", several).out


def test_json_lines_hold_the_layers_and_read_them_again(several, onoma, tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("angela visited lyon\n", encoding="utf-8")
    target = tmp_path / "out.jsonl"
    assert onoma("tag", source, "--model", several, "--lines", "-o", target).status == 0
    streamed = onoma("tag", "--text", "angela visited lyon", "--model", several, "--to", "jsonl").out
    for line in (target.read_text(encoding="utf-8"), streamed):
        assert [span["label"] for span in json.loads(line)["layers"]["pos"]] == ["PROPN", "VERB", "PROPN"]
    (document,) = package.read(target)
    assert document.layers == package.load(several).tag("angela visited lyon").layers


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_hold_the_layers(several, onoma, tmp_path, suffix):
    source, target = tmp_path / "in.csv", tmp_path / f"out.{suffix}"
    source.write_text("text,note\nangela visited lyon,1\n", encoding="utf-8")
    assert onoma("tag", source, "--model", several, "-o", target).status == 0
    if suffix == "csv":
        (row,) = csv.DictReader(target.read_text(encoding="utf-8").splitlines())
        layers = json.loads(row["layers"])
    else:
        pq = pytest.importorskip("pyarrow.parquet")
        (row,) = pq.read_table(target).to_pylist()
        layers = dict(row["layers"])
    assert [span["label"] for span in layers["pos"]] == ["PROPN", "VERB", "PROPN"]
    assert layers["topic"][0]["label"] == "travel"


def test_conllu_has_columns_and_comments_for_the_layers(several, onoma):
    lines = onoma("tag", "--text", "angela visited lyon", "--model", several, "--to", "conllu").out.splitlines()
    assert "# topic = travel" in lines
    rows = [line.split("\t") for line in lines if line[:1].isdigit()]
    assert [(row[1], row[3]) for row in rows] == [("angela", "PROPN"), ("visited", "VERB"), ("lyon", "PROPN")]


def test_a_model_without_further_tasks_writes_no_layers(model, onoma):
    record = json.loads(onoma("tag", "--text", "lyon", "--model", model, "--to", "jsonl").out)
    assert "layers" not in record
    assert package.load(model).tag("lyon").layers == {}


def test_int8_and_a_new_graph_find_the_same(several, texts, tmp_path):
    text = "angela merkel visited lyon"
    expected = package.load(several).tag(text)
    package.export_model(several, output=tmp_path / "fp32")
    exported = package.export_model(
        several, quantize="int8", dev=texts / "train.conll", max_loss=100.0, output=tmp_path / "int8"
    )
    assert exported.agreement is not None
    assert exported.agreement.layers["pos"] > 0.9
    assert any(line.endswith("% of topic") for line in exported.findings())
    for folder in (tmp_path / "fp32", tmp_path / "int8"):
        found = package.load(folder).tag(text)
        assert {name: layer(found, name) for name in found.layers} == {
            name: layer(expected, name) for name in expected.layers
        }


def test_further_tasks_of_spans_of_words_have_a_crf_or_another_head(encoder, texts):
    chunks = f"""
[[task]]
name = "chunks"
kind = "tags"
train = "{texts}/train.conll"
dev = "{texts}/train.conll"
[[task]]
name = "names"
kind = "tags"
head = "span"
train = "{texts}/train.conll"
"""
    done = package.train(write_run(texts, encoder, more=chunks, output="five"), settings={"training.epochs": 3})
    cards = done.tagger.bundle.manifest.tasks
    chunks_card, names_card = cards["chunks"], cards["names"]
    assert isinstance(chunks_card, TagsCard)
    assert isinstance(names_card, SpansCard)
    assert chunks_card.transitions is not None
    assert names_card.width is not None
    assert done.dev is not None
    assert {"chunks.f1", "pos.accuracy", "f1"} <= done.dev.keys()
    assert set(done.tagger.tag("angela visited lyon").layers) == {"pos", "topic", "chunks", "names"}
    again = package.export_model(done.folder, output=texts / "five again")
    assert again.path.is_file()


def test_the_threshold_of_a_further_task_is_the_best_one_on_its_dev_set(encoder, texts):
    names = f"""
[[task]]
name = "names"
kind = "tags"
head = "span"
train = "{texts}/train.conll"
dev = "{texts}/train.conll"
test = "{texts}/train.conll"
"""
    run = write_run(texts, encoder, more=names, output="thresholds")
    done = package.train(run, settings={"training.epochs": 8, "training.best_task": "names"})
    manifest = json.loads((done.folder / "onoma.json").read_text(encoding="utf-8"))
    card = manifest["tasks"]["names"]
    assert done.dev is not None
    gold = [replace(document, layers={"names": document.entities}) for document in package.read(texts / "train.conll")]
    write(gold, texts / "names.jsonl")
    chosen, f1_by_threshold = card["threshold"], {}
    assert chosen != -1.0
    for threshold in (chosen, *(step / 4 for step in range(-8, 9))):
        card["threshold"] = threshold
        (done.folder / "onoma.json").write_text(json.dumps(manifest), encoding="utf-8")
        f1_by_threshold[threshold] = package.evaluate(done.folder, texts / "names.jsonl").layers["names"]["f1"]
    assert 0 < f1_by_threshold[chosen] == max(f1_by_threshold.values())
    assert f1_by_threshold[chosen] == pytest.approx(done.dev["names.f1"]) == pytest.approx(done.tasks["names"]["f1"])


def test_overlapping_spans_of_a_further_task_are_left_out_without_advice_that_is_for_entities(encoder, texts):
    record = {
        "text": "angela merkel visited",
        "entities": [{"start": 0, "end": 13, "label": "PER"}, {"start": 7, "end": 13, "label": "LOC"}],
    }
    (texts / "nested.jsonl").write_text((json.dumps(record) + "\n") * 4, encoding="utf-8")
    names = f"""
[[task]]
name = "names"
kind = "tags"
head = "span"
train = "{texts}/nested.jsonl"
"""
    run = write_run(texts, encoder, more=names, output="overlapping")
    told = []
    settings = {**SHORT, "model.head": "span", "model.overlaps": "nested"}
    package.train(run, settings=settings, on_event=lambda event: told.append(getattr(event, "text", "")))
    assert "task 'names': nested.jsonl: 4 entities: overlaps a longer entity: left out" in told


def test_an_auxiliary_task_changes_the_weights_and_is_not_kept(encoder, texts, result):
    plain = package.train(write_run(texts, encoder, output="unhelped"), settings=SHORT)
    helped = package.train(write_run(texts, encoder, more=HELPER, output="helped"), settings=SHORT)
    weights = [(each.folder / "model.safetensors").read_bytes() for each in (plain, helped)]
    assert weights[0] != weights[1]
    assert len(weights[0]) == len(weights[1])
    assert helped.tagger.bundle.manifest.tasks.keys() == plain.tagger.bundle.manifest.tasks.keys()
    assert "masked.train" in helped.tagger.bundle.manifest.provenance.data


def test_a_run_that_was_stopped_ends_with_the_same_weights(encoder, texts, onoma, interrupt):
    often = "epochs = 2\ncheckpoint_steps = 2\nsampling = 'square-root'"
    weights = []
    for output in ("whole", "broken"):
        run = write_run(texts, encoder, more=HELPER, output=output)
        run.write_text(run.read_text().replace("epochs = 20", often), encoding="utf-8")
        if output == "broken":
            interrupt(7, signal.SIGTERM)
            assert onoma("train", run).status == 143
            assert onoma("train", "-o", texts / output, "--resume").status == 0
        else:
            assert onoma("train", run).status == 0
        weights.append((texts / output / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_a_run_is_not_resumed_with_another_weight_but_from_files_elsewhere(encoder, texts, onoma, interrupt, tmp_path):
    run = write_run(texts, encoder, training="checkpoint_steps = 2", output="changed")
    interrupt(3, signal.SIGTERM)
    assert onoma("train", run).status == 143
    text = run.read_text(encoding="utf-8")
    run.write_text(text.replace('kind = "sentences"', 'kind = "sentences"\nweight = 2'), encoding="utf-8")
    refused = onoma("train", run, "--resume")
    assert (refused.status, "task.topic.weight: 1.0, now 2.0" in refused.err) == (2, True)
    moved = tmp_path / "moved.conllu"
    moved.write_bytes((texts / "pos.conllu").read_bytes())
    run.write_text(text.replace(f'train = "{texts}/pos.conllu"', f'train = "{moved}"'), encoding="utf-8")
    assert onoma("train", run, "--resume", "--set", "training.epochs=20").status == 0


def test_a_further_task_may_choose_the_epoch_where_entities_have_no_dev(encoder, texts, onoma):
    run = write_run(texts, encoder, output="no dev")
    own = f'dev = "{texts}/train.conll"\ntest = "{texts}/train.conll"\n'
    run.write_text(run.read_text(encoding="utf-8").replace(own, ""), encoding="utf-8")
    done = onoma("train", run, "--set", "training.epochs=2")
    assert done.status == 0
    assert "dev pos accuracy" in done.err
    figures = package.load(texts / "no dev").bundle.manifest.provenance.figures
    assert figures["dev"].keys() == figures["test"].keys() == {"pos.accuracy", "topic.accuracy"}
    shown = onoma("info", texts / "no dev")
    assert shown.status == 0, shown.err
    assert "a label for each word" in shown.out


def test_the_chosen_task_decides_the_best_epoch(encoder, texts):
    run = write_run(texts, encoder, training="best_task = 'pos'", output="chosen")
    history = package.train(run, settings={"training.epochs": 4}).history
    epochs = [line for line in history if line["kind"] == "epoch"]
    reached = [json.loads(json.dumps(line["dev"]))["pos.accuracy"] for line in epochs]
    best = [value for value, line in zip(reached, epochs, strict=True) if line["best"]]
    assert best[-1] == max(reached)


def test_a_task_of_layers_learns_from_tagged_documents(encoder, texts, several, onoma, tmp_path):
    tagged = tmp_path / "tagged.jsonl"
    text = tmp_path / "in.txt"
    text.write_text("".join(" ".join(words_of(each)) + "\n" for each in SENTENCES), encoding="utf-8")
    assert onoma("tag", text, "--lines", "--model", several, "-o", tagged).status == 0
    run = write_run(texts, encoder, output="student")
    run.write_text(
        run.read_text().replace(f'{texts}/pos.conllu"', f'{tagged}"').replace('tag_column = "UPOS"', ""),
        encoding="utf-8",
    )
    done = package.train(run, settings=SHORT)
    assert set(done.tagger.bundle.manifest.tasks["pos"].labels) == set(SPEECH.values())


def test_layers_of_gold_documents_are_evaluated(several, tmp_path, onoma):
    text = Document("angela visited lyon")
    gold = text.with_entities([text.entity(15, 19, "LOC")]).with_layers(
        {"pos": [text.entity(0, 6, "PROPN"), text.entity(7, 14, "DET"), text.entity(15, 19, "PROPN")], "other": []}
    )
    write([gold], tmp_path / "gold.jsonl")
    report = package.evaluate(several, tmp_path / "gold.jsonl")
    assert report.layers == {"pos": {"accuracy": 2 / 3}}
    done = onoma("evaluate", several, tmp_path / "gold.jsonl", "--json")
    assert json.loads(done.out)["layers"] == {"pos": {"accuracy": 2 / 3}}
    assert "layer pos: accuracy 66.67 %" in onoma("evaluate", several, tmp_path / "gold.jsonl").err


def test_training_says_how_each_task_did(encoder, texts, onoma):
    done = onoma("train", write_run(texts, encoder, output="spoken"), "--set", "training.epochs=1")
    assert done.status == 0
    assert "pos accuracy" in done.err
    assert "test topic accuracy" in done.err


BAD = {
    r"task\.kind is missing \(task 3\)": '[[task]]\nname = "x"\ntrain = "x"',
    r"task\.weight: .*finite number, not inf \(task 3\)": '[[task]]\nname = "x"\nkind = "words"\nweight = inf',
    "two tasks have this name": '[[task]]\nname = "pos"\nkind = "words"\ntrain = "x"',
    "task 'empty': has no data": '[[task]]\nname = "empty"\nkind = "words"',
    "the name cannot be used": '[[task]]\nname = "Part of speech"\nkind = "words"\ntrain = "x"',
    "task 'keys': the name cannot be used": '[[task]]\nname = "keys"\nkind = "words"\ntrain = "x"',
    r"task\.kind: Input should be 'tags', 'words', 'sentences' or 'mlm'": '[[task]]\nname = "x"\nkind = "trees"',
    "'crf' is no head of the kind words": '[[task]]\nname = "x"\nkind = "words"\nhead = "crf"\ntrain = "x"',
    "unknown key 'task.labels'": '[[task]]\nname = "x"\nkind = "words"\ntrain = "x"\nlabels = "y"',
    "only helps and is not measured": '[[task]]\nname = "x"\nkind = "mlm"\ndev = "x"',
    "leave out its sentences and mixed_lengths": '[[task]]\nname="x"\nkind="mlm"\nsentences=9\nmixed_lengths=true',
    "a second task of the kind mlm": f'{HELPER}[[task]]\nname = "x"\nkind = "mlm"',
    "the task entities is defined twice": '[[task]]\nname = "entities"\nkind = "tags"\ntrain = "x"',
}


@pytest.mark.parametrize("message", BAD)
def test_tables_that_make_no_sense_are_refused_before_anything_is_read(encoder, texts, message):
    with pytest.raises(ConfigError, match=message):
        read_config(write_run(texts, encoder, more=BAD[message], output="bad"))


def test_the_task_that_decides_needs_dev(encoder, texts):
    run = write_run(texts, encoder, training="best_task = 'topics'", output="bad")
    with pytest.raises(
        ConfigError, match=r"best_task: there is no task 'topics' with dev text; choose from entities, pos, topic"
    ):
        read_config(run)


def test_a_task_called_entities_is_data(tmp_path):
    run = tmp_path / "run.toml"
    run.write_text(
        'output = "x"\n[[task]]\nname = "entities"\nkind = "tags"\nhead = "crf"\ntrain = "a.conll"\nweight = 2\n',
        encoding="utf-8",
    )
    config = read_config(run)
    assert (config.model.head, config.data.weight, config.task) == ("crf", 2.0, ())
    assert [path.name for path in config.data.train] == ["a.conll"]


def test_label_sets_that_have_nothing_in_common_are_refused(encoder, texts):
    run = write_run(texts, encoder, output="clash")
    run.write_text(
        run.read_text().replace(f'dev = "{texts}/topic.jsonl"', f'dev = "{texts}/other.jsonl"'), encoding="utf-8"
    )
    (texts / "other.jsonl").write_text('{"text": "lyon", "label": "sport"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.jsonl has none of the labels .*: sport, not other, travel"):
        package.train(run)


def test_a_test_set_without_the_labels_of_its_task_does_not_lose_the_model(encoder, texts):
    run = write_run(texts, encoder, output="kept")
    test = f'test = "{texts}/topic.jsonl"'
    run.write_text(run.read_text().replace(test, f'test = "{texts}/sport.jsonl"'), encoding="utf-8")
    (texts / "sport.jsonl").write_text('{"text": "lyon", "label": "sport"}\n', encoding="utf-8")
    events: list[object] = []
    assert package.train(run, on_event=events.append).folder is not None
    assert any("sport.jsonl has none of the labels" in str(event) for event in events)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            'tag_column = "UPOS"\nsentences = 1000',
            r"^task 'pos': sentences: 1,000 were requested, but the training text has 24$",
        ),
        ("", r"^task 'pos': pos\.conllu: has no labels in 24 documents, .*; check tag_column and format$"),
    ],
)
def test_messages_about_the_data_of_a_further_task_name_it_and_its_settings(encoder, texts, settings, told):
    run = write_run(texts, encoder, output="named")
    run.write_text(run.read_text().replace('tag_column = "UPOS"', settings), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        package.train(run)


def test_an_unused_table_of_corpora_of_a_further_task_is_told_with_the_task(encoder, texts):
    run = write_run(texts, encoder, more='[[task.corpora]]\nfiles = "other*"\n', output="unused")
    told = []
    package.train(run, settings=SHORT, on_event=lambda event: told.append(getattr(event, "text", "")))
    assert any(text.startswith("task 'topic': corpora: no file uses the table of 'other*'") for text in told)


def test_a_file_without_labels_of_sentences_is_refused(encoder, texts):
    run = write_run(texts, encoder, output="columns")
    run.write_text(run.read_text().replace(f"{texts}/topic.jsonl", f"{texts}/train.conll"), encoding="utf-8")
    with pytest.raises(ConfigError, match="conll has no labels of sentences; they are read from jsonl and table"):
        package.train(run)
