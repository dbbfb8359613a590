"""Comparing candidates as a user does it: what comes out, what is done again, and what is left when it is stopped."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

import onoma as library
from onoma.api.cell_training import train_cell
from onoma.api.comparing import ComparisonPlanned
from onoma.cli import main
from onoma.errors import ConfigError, InputError, StoppedError
from onoma.experiments import CellDone, CellEvent, CellRecord, ComparisonRow, read_record, write_record
from onoma.experiments.planning import CellPlan, plan_cells
from support import quick_speed
from support.environment import TESTS, environment
from support.learnable import SENTENCES, write_corpus
from support.tiny import write_broken_encoder, write_encoder

SETTINGS = {
    "training.epochs": 6,
    "training.learning_rate": 0.01,
    "training.dtype": "fp32",
    "training.checkpoint_steps": 2,
    "model.window": 64,
    "model.overlap": 16,
}
SETS = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
CELLS = [f"data/tiny/{size}-{seed}" for seed in (1, 2) for size in (12, "all")]


@dataclass(frozen=True)
class Place:
    """The data and the encoder of a comparison, and the comparison itself."""

    base: Path
    encoder: Path

    @property
    def arguments(self) -> list[str]:
        """Of the command, but for its output."""
        data = [part for name in ("train", "dev", "test") for part in (f"--{name}", f"{self.base / name}.conll")]
        return [*data, "--encoder", str(self.encoder), "--sizes", "12,all", "--seeds", "2", "--jobs", "1", *SETS]

    @property
    def output(self) -> Path:
        return self.base / "out"

    def planned(self, **changes: Any) -> tuple[list[str], ComparisonPlanned]:
        """The names of the cells that would be trained if the comparison were resumed with changes."""
        given: dict[str, Any] = {
            **{name: self.base / f"{name}.conll" for name in ("train", "dev", "test")},
            "encoders": [str(self.encoder)],
            "sizes": [12, "all"],
            "seeds": 2,
            "output": self.output,
            "resume": True,
        }
        events: list[ComparisonPlanned] = []

        def stop(event: object) -> None:
            assert isinstance(event, ComparisonPlanned)
            events.append(event)
            raise KeyboardInterrupt

        settings = {**SETTINGS, **changes.pop("settings", {})}
        with pytest.raises(KeyboardInterrupt):
            library.compare(**{**given, **changes}, settings=settings, on_event=stop)
        return [cell.name for cell in events[0].cells], events[0]


def remarks(plan: ComparisonPlanned) -> list[str]:
    """The notes, without those on the format of files."""
    return [note for note in plan.notes if not note.endswith("tags in scheme BIO (detected)")]


def records(output: Path) -> dict[str, CellRecord | None]:
    return {name: read_record(output / "cells" / name) for name in CELLS}


def timeless(output: Path) -> dict[str, Any]:
    """What cells have found, without how long it took."""
    found = {}
    for name, record in records(output).items():
        assert record is not None
        found[name] = (record.dev, record.counts, record.settings, record.digests, record.error)
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("onoma.api.comparing.measure_speed", quick_speed.measure)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Place:
    """A finished comparison, which nothing may change."""
    base = tmp_path_factory.mktemp("compare")
    place = Place(base, base / "tiny")
    for name, times in (("train", 8), ("dev", 4), ("test", 4)):
        write_corpus(place.base / f"{name}.conll", SENTENCES * times)
    write_encoder(place.encoder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onoma.api.comparing.measure_speed", quick_speed.measure)
        patch.setattr(sys, "argv", ["onoma", "compare", *place.arguments, "-o", str(place.output)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return place


@pytest.fixture
def place(whole, tmp_path) -> Place:
    """A copy of it, which may be changed; its data is elsewhere too."""
    shutil.copytree(whole.output, tmp_path / "out")
    for name in ("train.conll", "dev.conll", "test.conll"):
        shutil.copy(whole.base / name, tmp_path)
    return Place(tmp_path, whole.encoder)


def test_finished_cells_leave_records_and_one_model(whole):
    assert all(
        record is not None and not record.error and record.seconds > 0 for record in records(whole.output).values()
    )
    models = [path.parent.relative_to(whole.output).as_posix() for path in whole.output.rglob("onoma.json")]
    assert models == ["cells/data/tiny/all-1/model"]
    assert sorted(path.name for path in whole.output.iterdir()) == ["cells", "comparison.json"]
    tagger = library.load(whole.output / models[0])
    assert tagger.tag("lyon").text == "lyon"
    figures = tagger.bundle.manifest.provenance.figures
    assert figures["dev"]
    assert not figures.get("test"), "a run is scored on test once, when its time has been taken"
    assert "| test" not in (whole.output / models[0] / "README.md").read_text(encoding="utf-8")


def test_what_is_finished_is_not_done_again_and_all_of_it_is_shown(onoma, whole, tmp_path):
    page = tmp_path / "new" / "pages" / "page.html"
    arguments = ["compare", *whole.arguments, "-o", whole.output, "--resume"]
    before = timeless(whole.output)
    shown = onoma(*arguments, "--within", "size=1MB,latency=1s", "--report", page)
    assert shown.status == 0, shown.err
    assert "0 runs to train (4 others are finished)" in shown.err
    assert f"page written to {page}" in shown.err
    for piece in ("data, 12 sentences", "data, all 48 sentences", "2 runs each", "±", "best", "words/s", "latency, ms"):
        assert piece in shown.out
    assert "data: within size 1 MB, latency 1000 ms: tiny" in shown.out
    html = page.read_text(encoding="utf-8")
    assert html.count("<table>") == 2
    assert html.count("<svg ") == 2
    printed = json.loads(onoma(*arguments, "--json").out)
    assert printed == json.loads((whole.output / "comparison.json").read_text(encoding="utf-8"))
    assert [(row["candidate"], row["train_sentences"], row["seeds"]) for row in printed["rows"]] == [
        ("tiny", 12, [1, 2]),
        ("tiny", 48, [1, 2]),
    ]
    assert printed["rows"][1]["speed"]["words_per_second"] > 0
    assert timeless(whole.output) == before


def test_where_the_first_seed_fails_the_model_of_another_is_kept_and_measured(whole, tmp_path, monkeypatch):
    def train_all_but_the_first(plans: Sequence[CellPlan], *, processes: int) -> Iterator[CellEvent]:
        for plan in plans:
            if plan.cell.seed == 1:
                write_record(msgspec.structs.replace(plan.expected, error="lost"), plan.folder)
            else:
                yield CellDone(plan.cell, train_cell(plan.cell, {each.cell.name: each for each in plans}, print))

    def compare(*, resume: bool) -> tuple[ComparisonRow, list[str]]:
        texts: Any = {name: whole.base / f"{name}.conll" for name in ("train", "dev", "test")}
        (row,) = library.compare(
            **texts, encoders=["crf"], seeds=3, jobs=1, output=tmp_path / "out", resume=resume
        ).rows
        return row, [path.parent.parent.name for path in (tmp_path / "out").rglob("onoma.json")]

    with monkeypatch.context() as patch:
        patch.setattr("onoma.api.comparing.train_cells", train_all_but_the_first)
        row, models = compare(resume=False)
    assert (row.seeds, row.errors, models) == ((2, 3), ("lost",), ["all-2"])
    assert row.speed is not None
    row, models = compare(resume=True)
    assert (row.seeds, models) == ((1, 2, 3), ["all-1"])
    assert row.speed is not None


def test_only_what_is_new_is_trained(place):
    assert place.planned()[0] == []
    assert place.planned(encoders=str(place.encoder), sizes="all")[0] == []
    assert place.planned(seeds=[1, 2, 4])[0] == ["data/tiny/12-4", "data/tiny/all-4"]
    assert place.planned(sizes=[12, 24, "all"])[0] == ["data/tiny/24-1", "data/tiny/24-2"]
    other = str(write_encoder(place.base / "other", hidden=16))
    cells, plan = place.planned(encoders=[str(place.encoder), other], seeds=1)
    assert cells == ["data/other/12-1", "data/other/all-1"]
    assert plan.kept == 2


def test_other_settings_data_or_encoders_are_trained_again(place):
    assert place.planned(settings={"training.epochs": 3})[0] == CELLS
    for name in ("train", "dev", "test"):
        path = place.base / f"{name}.conll"
        before = path.read_bytes()
        write_corpus(path, SENTENCES * 9)
        assert place.planned()[0] == CELLS, name
        path.write_bytes(before)
    assert place.planned()[0] == []


def test_settings_that_do_not_change_a_model_repeat_nothing(place):
    settings = {"training.checkpoint_steps": 3, "training.checkpoint_minutes": 1, "training.device": "cpu"}
    assert place.planned(settings=settings)[0] == []


def test_another_encoder_in_the_same_place_is_trained(whole, tmp_path):
    encoder = tmp_path / "tiny"
    place = Place(whole.base, encoder)
    digests = []
    for seed in (1, 2):
        write_encoder(encoder, seed=seed)
        cells = place.planned(output=tmp_path / "new", sizes=["all"], seeds=1)[1].cells
        (plan,), _ = plan_cells(cells, tmp_path / "new")
        digests.append(plan.expected.digests["encoder"])
    assert digests[0] != digests[1]


@pytest.mark.parametrize("name", ["crf", "small"])
def test_a_folder_called_like_a_baseline_or_an_alias_is_not_the_encoder(whole, tmp_path, monkeypatch, name):
    encoders = [name, str(whole.encoder)]  # which uses the settings that a baseline does not
    cell = whole.planned(output=tmp_path / "new", encoders=encoders, sizes=["all"], seeds=1)[1].cells[0]
    digests = []
    for text in ("{}", "[]"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "config.json").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        (plan,), _ = plan_cells([cell], tmp_path / "new")
        digests.append(plan.expected.digests["encoder"])
    assert digests == [name, name]


def test_texts_of_further_tasks_count_too(place):
    text = place.base / "chunks.conll"
    write_corpus(text, SENTENCES)
    path = place.base / "compare.toml"
    path.write_text(
        f'[[candidate]]\nname = "tiny"\nmodel.encoder = "{place.encoder}"\n'
        f'[[candidate.task]]\nname = "chunks"\nkind = "tags"\ntrain = "{text}"\n',
        encoding="utf-8",
    )
    stopped = place.planned(config=path, encoders=[], seeds=1, sizes=["all"], output=place.base / "new")[1]
    assert len(stopped.cells) == 1
    digests = []
    for times in (1, 2):
        write_corpus(text, SENTENCES * times)
        (plan,), _ = plan_cells(stopped.cells, place.base / "new")
        digests.append(plan.expected.digests["chunks.train"])
    assert digests[0] != digests[1]


def test_sizes_beyond_the_text_are_left_out(place):
    cells, plan = place.planned(sizes=[12, 48, 1_000, "all"])
    assert cells == []
    assert remarks(plan) == [
        f"data: the training text has 48 sentences; size {size} is left out" for size in ("48", "1,000")
    ]
    with pytest.raises(ConfigError, match="48 sentences; size 1,000 is left out"):
        place.planned(sizes=[1_000])
    with pytest.raises(ConfigError, match="no size is left, so give a smaller one, or all"):
        place.planned(sizes=1_000)


def test_sizes_beyond_the_setting_of_sentences_are_left_out(place):
    settings = {"data.sentences": 20}
    cells, plan = place.planned(settings=settings, sizes=[12, 24, "all"], seeds=1, output=place.base / "new")
    assert cells == ["data/tiny/12-1", "data/tiny/all-1"]
    assert remarks(plan) == ["data: data.sentences limits the training text to 20 sentences; size 24 is left out"]


def test_the_candidate_whose_sizes_are_left_out_is_named(place):
    path = place.base / "compare.toml"
    path.write_text('[[candidate]]\nname = "few"\nmodel.encoder = "crf"\ndata.sentences = 20\n', encoding="utf-8")
    _, plan = place.planned(config=path, sizes=[12, 24], seeds=1, output=place.base / "new")
    assert remarks(plan) == ["data, few: data.sentences limits the training text to 20 sentences; size 24 is left out"]


def test_finished_runs_that_are_repeated_are_named_with_what_has_changed(place):
    assert remarks(place.planned(settings={"data.sentences": 30})[1]) == [
        "2 finished runs are repeated: data.sentences not set, now 30"
    ]
    write_corpus(place.base / "dev.conll", SENTENCES * 9)
    assert remarks(place.planned()[1]) == ["4 finished runs are repeated: the content of dev has changed"]


def test_a_finished_run_whose_model_is_missing_is_repeated_with_a_note(place):
    cells, plan = place.planned(sizes=[12])
    assert cells == ["data/tiny/12-1"]
    assert remarks(plan) == ["1 finished run is repeated: the model, whose speed is measured, is missing"]


def test_dev_and_test_are_read_before_any_run_starts(onoma, whole, tmp_path):
    broken = tmp_path / "broken.conll"
    broken.write_text("nothing\tO\nhere\tO\n\n" * 500, encoding="utf-8")
    for name in ("dev", "test"):
        arguments = [broken if Path(part).stem == name else part for part in whole.arguments]
        shown = onoma("compare", *arguments, "-o", tmp_path / "out")
        assert shown.status == 2
        assert shown.err.count("it has no entity at all") == shown.err.count("candidate tiny, data") == 1, shown.err
        assert not (tmp_path / "out").exists()


def test_more_sentences_than_there_are_are_refused_before_any_run_starts(place):
    with pytest.raises(ConfigError, match=r"data\.sentences: 1,000 were requested, but the training text has 48"):
        place.planned(settings={"data.sentences": 1_000}, output=place.base / "new")


def test_a_stop_while_a_model_is_scored_costs_no_training(whole, tmp_path, monkeypatch):
    cells = whole.planned(output=tmp_path / "new", sizes=["all"], seeds=1)[1].cells
    (plan,), _ = plan_cells(cells, tmp_path / "new")

    def report(text: str) -> None:
        if text == "scoring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_cell(plan.cell, {plan.cell.name: plan}, report)
    assert not plan.is_done
    monkeypatch.setattr("onoma.api.cell_training.train", None)
    record = train_cell(plan.cell, {plan.cell.name: plan}, lambda text: None)
    first = read_record(whole.output / "cells" / plan.cell.name)
    assert first is not None
    assert (record.dev, record.counts, record.error) == (first.dev, first.counts, "")
    assert record.seconds > 0
    assert plan.is_done


def test_a_candidate_that_is_renamed_keeps_its_runs_under_the_new_name(onoma, tmp_path):
    write_corpus(tmp_path / "a.conll", SENTENCES * 2)
    config = tmp_path / "compare.toml"
    arguments = ["compare", config, "--seeds", 1, "--sizes", "6,12", "-o", tmp_path / "out", "--json"]
    for name in ("my names", "my-names"):
        corpus = f'[[corpus]]\nname = "{name}"\ntrain = "{tmp_path / "a.conll"}"\ndev = "{tmp_path / "a.conll"}"\n'
        candidate = f'[[candidate]]\nname = "{name}"\nmodel.encoder = "gazetteer"\n'
        config.write_text(corpus + candidate, encoding="utf-8")
        done = onoma(*arguments, *(["--resume"] if name == "my-names" else []))
        assert done.status == 0, done.err
        rows = json.loads(done.out)["rows"]
        assert {(row["corpus"], row["candidate"]) for row in rows} == {(name, name)}
        assert rows[-1]["speed"] is not None
        assert (name == "my-names") is ("0 runs to train (2 others are finished)" in done.err)


def test_a_model_whose_speed_cannot_be_measured_is_mentioned(onoma, tmp_path, monkeypatch):
    corpus = write_corpus(tmp_path / "a.conll", SENTENCES * 2)
    monkeypatch.setattr("onoma.api.comparing.measure_speed", quick_speed.die)
    shown = onoma(
        "compare", "--train", corpus, "--dev", corpus, "--encoder", "gazetteer", "--seeds", 1, "-o", tmp_path / "out"
    )
    assert shown.status == 0
    assert "data, gazetteer: the process that measured its speed died (exit status 3), so it has none" in shown.err


def test_several_corpora_come_from_a_file(place):
    path = place.base / "compare.toml"
    corpora = "".join(
        f'[[corpus]]\nname = "{name}"\ntrain = "{place.base / name}.conll"\ndev = "{place.base}/dev.conll"\n'
        for name in ("train", "test")
    )
    path.write_text(f'{corpora}\n[[candidate]]\nname = "mine"\nmodel.encoder = "{place.encoder}"\n', encoding="utf-8")
    unset = dict.fromkeys(("train", "dev", "test", "sizes"))
    cells, _ = place.planned(config=path, encoders=[], output=place.base / "new", **{**unset, "seeds": 1})
    assert cells == ["train/mine/all-1", "test/mine/all-1"]
    assert not (place.base / "new").exists(), "what has begun nothing leaves nothing"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.train=other.conll", "data.train: each corpus (mine) has its own value"),
        ("crf.c1=7", "crf.c1: each candidate (c) has its own value"),
    ],
)
def test_a_setting_that_would_have_no_effect_is_refused(place, setting, message):
    path = place.base / "compare.toml"
    corpus = f'[[corpus]]\nname = "mine"\ntrain = "{place.base}/train.conll"\n'
    path.write_text(f'{corpus}\n[[candidate]]\nname = "c"\nmodel.encoder = "crf"\ncrf.c1 = 1\n', encoding="utf-8")
    key, value = setting.split("=")
    with pytest.raises(ConfigError) as refused:
        library.compare(path, dev=place.base / "dev.conll", output=place.base / "new", settings={key: value})
    assert message in str(refused.value)


def test_what_test_text_has_in_common_with_train_is_noted(onoma, tmp_path):
    train = write_corpus(tmp_path / "a.conll", SENTENCES * 2)
    copy = tmp_path / "copy.conll"
    shutil.copy(train, copy)
    other = tmp_path / "other.conll"
    other.write_text("Bob B-PER\nlikes O\nIBM B-ORG\n", encoding="utf-8")
    arguments = ["compare", "--train", train, "--dev", train, "--encoder", "gazetteer", "--seeds", 1]
    shown = onoma(*arguments, "--test", copy, "--test", other, "-o", tmp_path / "out")
    assert shown.status == 0, shown.err
    assert f"{copy} is in train, as {train}, and in test, so F1 on test says nothing about other text" in shown.err
    assert "labels of test that train does not have, which count as missed: ORG (1)" in shown.err
    assert shown.err.count("is in train, as") == 1
    assert shown.err.index("is in train, as") < shown.err.index("1 run to train"), "noted before any training"


def test_tables_of_corpora_that_only_test_files_use_are_no_mistake(place):
    given = {name: place.base / f"{name}.conll" for name in ("train", "dev", "test")}
    tables = [{"files": pattern, "labels": {"LOC": "PLACE"}} for pattern in ("train.*", "dev.*", "test.*", "tset.*")]
    compared = library.compare(
        **given, encoders="gazetteer", seeds=1, output=place.base / "new", settings={"data.corpora": tables}
    )
    (note,) = (note for note in compared.notes if "no file uses" in note)
    assert note.startswith("data.corpora: no file uses the table of 'tset.*'")
    (row,) = compared.rows
    assert row.test is not None
    assert row.test.mean > 0.5


@pytest.mark.parametrize(
    ("part", "lines", "message"),
    [
        ("train", "Bob O\nlikes O\n", "has no entities in 1 document, so there is nothing to train on"),
        ("dev", "Bob B-person\nlikes O\n", "has none of the labels of the training text: person, not"),
        ("test", "Bob B-PER\nlikes\n", ":2"),
    ],
)
def test_data_that_cannot_be_used_is_refused_before_training(onoma, tmp_path, part, lines, message):
    paths = {name: write_corpus(tmp_path / f"{name}.conll", SENTENCES * 2) for name in ("train", "dev", "test")}
    paths[part].write_text(lines, encoding="utf-8")
    data = [each for name, path in paths.items() for each in (f"--{name}", path)]
    shown = onoma("compare", *data, "--encoder", "gazetteer", "--encoder", "crf", "-o", tmp_path / "out")
    assert (shown.status, "to train," in shown.err) == (2, False), shown.err
    assert all(text in shown.err for text in ("candidate gazetteer, data: ", f"{part}.conll", message)), shown.err
    assert not (tmp_path / "out").exists()


def test_the_package_of_a_candidate_is_needed_before_training(onoma, place, monkeypatch):
    monkeypatch.setattr("onoma.api.extras.find_spec", lambda name: None if name == "pycrfsuite" else name)
    shown = onoma("compare", *place.arguments, "--encoder", "crf", "-o", place.base / "new")
    assert (shown.status, "pip install" in shown.err, "to train," in shown.err) == (2, True, False), shown.err


def test_bounds_may_be_given_as_a_dictionary(place):
    given = {name: place.base / f"{name}.conll" for name in ("train", "dev", "test")}
    compared = library.compare(
        **given, encoders="gazetteer", seeds=1, output=place.base / "new", within={"latency": 1e-9}
    )
    assert compared.chosen == {"data": None}
    with pytest.raises(ConfigError, match="expected a positive bound"):
        library.compare(**given, encoders="gazetteer", output=place.base / "x", within={"latency": -1})


def test_an_encoder_that_cannot_be_loaded_fails_alone(onoma, place):
    broken = write_broken_encoder(place.base / "broken")
    arguments = [*place.arguments, "--encoder", broken, "--seeds", "1", "--sizes", "all", "-o", place.output]
    shown = onoma("compare", *arguments, "--resume", "--within", "size=0.001MB")
    assert shown.status == 0, shown.err
    assert "1 run to train (1 other is finished)" in shown.err
    for message in ("data, broken, all sentences, seed 1: failed: ", "data, broken: failed with all sentences: "):
        assert f"{message}encoder {str(broken)!r}: {broken / 'model.safetensors'}: the weight file is" in shown.err
    assert "data: no candidate is within size 0.001 MB: tiny has size" in shown.out
    assert "broken has failed" in shown.out


def test_where_all_fail_the_status_says_so(onoma, whole, tmp_path):
    arguments = [*whole.arguments[:6], "--encoder", write_broken_encoder(tmp_path / "broken"), "--seeds", "1"]
    shown = onoma("compare", *arguments, "-o", tmp_path / "out")
    assert shown.status == 2
    assert "data: every run has failed" in shown.out
    again = onoma("compare", *arguments, "-o", tmp_path / "out")
    assert "pass --resume" in again.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--within", "speed=3"], "expected bounds of latency, memory or size"),
        (["--within", "size=3,size=4"], "--within size=4: there are two bounds of size; give one"),
        (["--encoder", "TINY"], "two candidates are called tiny"),
        (["--sizes", "many"], "a size is a number of sentences from 1, or all"),
        (["--seeds", "0"], "at least one seed is needed"),
        (["--seeds", "a"], "seeds: expected a number of seeds, or the seeds themselves, as in 1,2,5"),
        (["--set", "training.epoch=3"], "unknown key 'training.epoch'"),
        (["--set", "crf.c1=1"], "crf: no candidate is the baseline crf"),
        (["--set", "training.seed=7"], "training.seed: each candidate is trained with all seeds; give them with seeds"),
        (["--set", "training.epochs=0"], "candidate tiny, data: training.epochs"),
        (
            ["--head", "lstm"],
            "candidate tiny, data: model.head: unknown head 'lstm'; choose one of linear, crf, span",
        ),
        (["--encoder", "smal"], "candidate smal, data: there is no encoder 'smal'. It is not an alias (small, multi"),
        (["--set", "training.device=cuda:99"], "candidate tiny, data: training.device: 'cuda:99' cannot be used here"),
        (["--dev", "none.conll"], "candidate tiny, data: none.conll"),
        (["--set", "data.train=3", "--set", "model=3"], "model: expected a table"),
        (["--report", "."], ".: is a folder; name a file for the report"),
        (["--resume", "--overwrite"], "pass one of them"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused_before_anything_is_trained(onoma, whole, tmp_path, more, message):
    more = [str(whole.encoder) if part == "TINY" else part for part in more]
    shown = onoma("compare", *whole.arguments, *more, "-o", tmp_path / "out")
    assert (shown.status, shown.out) == (2, "")
    assert message in shown.err
    assert not (tmp_path / "out").exists()


def test_a_finished_comparison_needs_no_device(whole, monkeypatch):
    def refuse(name: str) -> None:
        raise ConfigError(f"training.device: {name!r} cannot be used here")

    monkeypatch.setattr("onoma.experiments.planning.find_device", refuse)
    assert whole.planned()[0] == []
    with pytest.raises(ConfigError, match=r"candidate tiny, data: training\.device"):
        whole.planned(seeds=3)


def test_a_head_needs_an_encoder(onoma, whole, tmp_path):
    shown = onoma("compare", *whole.arguments[:6], "--encoder", "crf", "--head", "span", "-o", tmp_path / "out")
    assert shown.status == 2
    assert "--head is the head that is put on an encoder; name one with --encoder" in shown.err


def test_dev_is_needed(onoma, whole, tmp_path):
    shown = onoma("compare", *whole.arguments[:2], "--encoder", whole.encoder, "-o", tmp_path / "out")
    assert shown.status == 2
    assert "no dev text to compare candidates on; name it with --dev" in shown.err


def test_candidates_are_tested_on_test_text_all_or_none(onoma, whole, tmp_path):
    path = tmp_path / "compare.toml"
    path.write_text(
        '[[candidate]]\nname = "gazetteer"\nmodel.encoder = "gazetteer"\ndata.test = []\n', encoding="utf-8"
    )
    shown = onoma("compare", path, *whole.arguments, "-o", tmp_path / "out")
    assert shown.status == 2
    assert "candidate gazetteer, data: has no test text, but others have; name it" in shown.err
    assert not (tmp_path / "out").exists()


def test_candidates_are_chosen_on_the_same_dev_text(onoma, whole, tmp_path):
    easy = tmp_path / "easy.conll"
    write_corpus(easy, SENTENCES)
    path = tmp_path / "compare.toml"
    path.write_text(
        f'[[candidate]]\nname = "gazetteer"\nmodel.encoder = "gazetteer"\ndata.dev = "{easy}"\n', encoding="utf-8"
    )
    shown = onoma("compare", path, *whole.arguments, "-o", tmp_path / "out")
    assert shown.status == 2
    assert "data: candidates gazetteer and tiny have different dev text, on which the best is chosen" in shown.err
    assert not (tmp_path / "out").exists()


def test_a_page_needs_matplotlib_before_anything_is_trained(onoma, whole, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    shown = onoma("compare", *whole.arguments, "-o", tmp_path / "out", "--report", tmp_path / "page.html")
    assert shown.status == 2
    assert "onoma[report]" in shown.err
    assert not (tmp_path / "out").exists()


def test_what_is_at_the_output_stays(place):
    with pytest.raises(InputError, match="has a comparison; pass --resume"):
        place.planned(resume=False)
    thesis = place.base / "thesis" / "thesis.tex"
    thesis.parent.mkdir()
    thesis.touch()
    for output in (thesis, thesis.parent):
        with pytest.raises(InputError, match=r"is a file|is not empty and has no comparison"):
            place.planned(output=output, overwrite=True, resume=False)
    assert thesis.exists()
    result = place.output / "comparison.json"
    result.touch()
    assert place.planned(overwrite=True, resume=False)[0] == CELLS
    assert not (place.output / "cells").exists(), "it was to be discarded"
    assert not result.exists(), "it was to be discarded"


@pytest.mark.parametrize(
    "changes",
    [
        {"train": "none.conll"},
        {"settings": {"training.epochs": 0}},
        {"settings": {"training.device": "cuda:99"}},
        {"sizes": [1000]},
    ],
    ids=str,
)
def test_an_old_comparison_is_only_overwritten_by_one_that_can_start(place, changes):
    before = timeless(place.output)
    with pytest.raises((ConfigError, InputError)):
        place.planned(overwrite=True, resume=False, **changes)
    assert timeless(place.output) == before
    assert (place.output / "comparison.json").is_file()


@pytest.fixture
def stopped(whole, tmp_path) -> CellPlan:
    """A cell that SIGTERM has stopped after two epochs."""
    cells = whole.planned(output=tmp_path / "new", sizes=["all"], seeds=1)[1].cells
    (plan,), _ = plan_cells(cells, tmp_path / "new")

    def report(text: str) -> None:
        if text.startswith("epoch 2"):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError):
        train_cell(plan.cell, {plan.cell.name: plan}, report)
    return plan


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
def test_a_resumed_cell_has_the_seconds_of_its_earlier_attempts(whole, stopped):
    history = stopped.model / "unfinished" / "history.jsonl"
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "step", "seconds": 5_000.0}) + "\n")
    texts: list[str] = []
    record = train_cell(stopped.cell, {stopped.cell.name: stopped}, texts.append)
    assert 5_000 < record.seconds < 5_200
    assert next(text.partition("/")[0] for text in texts if text.startswith("epoch")) == "epoch 3"
    assert record.counts == read_record(whole.output / "cells" / "data/tiny/all-1").counts  # type: ignore[union-attr]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
def test_another_version_of_onoma_begins_a_stopped_cell_anew(stopped):
    begun = read_record(stopped.folder / "begun")
    assert begun is not None
    write_record(msgspec.structs.replace(begun, version="0.0.0"), stopped.folder / "begun")
    texts: list[str] = []
    assert not train_cell(stopped.cell, {stopped.cell.name: stopped}, texts.append).error
    assert "epoch 1/6" in "".join(texts)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
def test_another_version_of_a_package_begins_a_stopped_cell_anew(stopped):
    identity = stopped.model / "unfinished" / "run.json"
    written = json.loads(identity.read_text(encoding="utf-8"))
    written["versions"]["torch"] = "0.0"
    identity.write_text(json.dumps(written), encoding="utf-8")
    texts: list[str] = []
    record = train_cell(stopped.cell, {stopped.cell.name: stopped}, texts.append)
    assert not record.error
    assert "epoch 1/6" in "".join(texts)
    assert not any("torch" in note for note in record.notes)


def start(place: Place, output: Path) -> subprocess.Popen[str]:
    """The comparison in a process of its own, in the midst of its second cell."""
    command = [sys.executable, str(TESTS / "support" / "telling.py"), "compare", *place.arguments, "-o", str(output)]
    alone = environment(TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=alone, start_new_session=True)
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith(f"{CELLS[1]}: epoch 2/"):
        assert line, "it has ended early"
    return process


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """File descriptors of the children, which can be read when these have ended."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return [os.pidfd_open(int(child)) for child in children]


def have_ended(children: Sequence[int]) -> bool:
    waiting = set(children)
    while waiting:
        ready, _, _ = select.select(list(waiting), [], [], 30)
        if not ready:
            return False
        waiting -= set(ready)
    for child in children:
        os.close(child)
    return True


@pytest.mark.skipif(not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("number", "status", "message"),
    [
        (signal.SIGINT, 130, "interrupted; finished runs are kept, and --resume continues"),
        (signal.SIGTERM, 143, "stopped by SIGTERM; pass --resume to continue"),
        (signal.SIGKILL, -9, ""),
    ],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
def test_a_stopped_comparison_leaves_no_process_and_is_resumed(onoma, whole, tmp_path, number, status, message):
    output = tmp_path / "out"
    process = start(whole, output)
    children = workers_of(process)
    assert children
    if number == signal.SIGINT:  # a terminal sends it to all processes
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert message in said
    assert "Traceback" not in said
    assert have_ended(children)
    resumed = onoma("compare", *whole.arguments, "-o", output, "--resume")
    assert resumed.status == 0, resumed.err
    assert "3 runs to train (1 other is finished)" in resumed.err
    assert "failed" not in resumed.err
    assert timeless(output) == timeless(whole.output)
    assert sorted(path.name for path in output.iterdir()) == ["cells", "comparison.json"]
