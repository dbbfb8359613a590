"""A search from the command line: what it writes, what it never opens, how it goes on, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import onoma as package
from onoma.api.seed_runs import SeedRunsPlanned
from onoma.api.work_folder import taken_folder
from onoma.cli.search_progress import SearchProgress
from onoma.errors import ConfigError, InputError
from onoma.training import read_config
from onoma.tuning import Float, SearchForecast, SearchSpace, TrialRecord, TuneResult, WorkerDied
from onoma.tuning.records import TrialState
from onoma.views.tuning_page import write_tuning_page
from support.environment import environment
from support.learnable import SENTENCES, write_corpus
from support.tiny import write_broken_encoder, write_encoder

RUN = """
output = {output}
[data]
train = {corpus}
dev = {corpus}
test = "there/is/none.conll"
[model]
encoder = {encoder}
window = 64
overlap = 16
[training]
epochs = 4
batch_subwords = 64
learning_rate = 1e-3
dtype = "fp32"
[space]
training.learning_rate = {{ low = 1e-4, high = 2e-2, log = true }}
model.head = ["linear", "crf"]
model.encoder = [{encoder}, {broken}]
"""


@pytest.fixture(scope="module")
def run(encoder, tmp_path_factory):
    """A run with a space, one of whose encoders cannot be loaded."""
    folder = tmp_path_factory.mktemp("search")
    corpus = write_corpus(folder / "corpus.conll", SENTENCES * 4)
    path = folder / "run.toml"
    names: dict[str, object] = {
        "output": folder / "out",
        "corpus": corpus,
        "encoder": encoder,
        "broken": write_broken_encoder(folder / "broken"),
    }
    path.write_text(RUN.format(**{name: json.dumps(str(value)) for name, value in names.items()}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def searched(run):
    """What a search of that run has found; its page is beside it."""
    return package.tune(run, trials=5, seeds=2, finalists=2, report=run.with_name("page.html"))


def _figures(run):
    return json.loads((run.parent / "out" / "tune.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_trial_that_cannot_be_trained_fails_with_its_reason_and_the_others_go_on(searched):
    states = [trial.state for trial in searched.trials]
    failed = [trial for trial in searched.trials if trial.params["model.encoder"].endswith("broken")]
    assert failed
    assert all(trial.state == "failed" and "is truncated or broken" in trial.reason for trial in failed)
    assert states[0] == "finished"
    assert searched.trials[0].is_default
    assert searched.f1 >= (searched.trials[0].f1 or 0)


@pytest.mark.slow
def test_the_best_settings_are_a_run_for_onoma_train(searched, run):
    best = read_config(run.parent / "out" / "best.toml")
    assert best.training.learning_rate == searched.best.params["training.learning_rate"]
    assert best.model.head == searched.best.params["model.head"]
    assert best.data.test == (Path("there/is/none.conll"),)  # which the search has never opened
    assert best.output == run.parent / "out" / "best"
    assert "# " + next(searched.statements())[:20] in (run.parent / "out" / "best.toml").read_text(encoding="utf-8")
    assert read_config(run.parent / "out" / "runner-up.toml").model.encoder == best.model.encoder
    assert "model.head = " in (run.parent / "out" / "space.toml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_new_seeds_are_those_that_the_search_has_not_used(searched, run):
    assert _figures(run)["statements"] == list(searched.statements())
    if searched.best.is_default:
        assert searched.confirmation is None
    else:
        assert searched.confirmation.seeds == (4, 5)
        assert len(searched.confirmation.best) == len(searched.confirmation.defaults) == 2
    assert not (run.parent / "out" / "trials").exists()
    assert not list((run.parent / "out").rglob("*.onnx"))


@pytest.mark.slow
def test_the_best_is_chosen_by_its_mean_with_further_seeds(searched, run):
    finalists = _figures(run)["finalists"]
    best_two = sorted(
        (trial for trial in searched.trials if trial.state == "finished"), key=lambda each: (-each.f1, each.number)
    )[:2]
    assert sorted(each["trial"] for each in finalists) == sorted(trial.number for trial in best_two)
    assert [len(each["f1"]) for each in finalists] == [3, 3]
    first, second = finalists
    assert (first["trial"], second["trial"]) == (searched.best.number, searched.runner_up.number)
    assert sum(first["f1"]) >= sum(second["f1"])
    assert first["f1"][0] == searched.best.f1


@pytest.mark.slow
def test_the_page_loads_nothing(searched, run):
    page = run.with_name("page.html").read_text(encoding="utf-8")
    assert page.count("Plotly.newPlot(") >= 3
    assert "parcoords" in page.rpartition("<script>")[2]
    assert "<script src" not in page
    assert "<link" not in page
    assert "default-src 'none'" in page
    assert str(run.parent / "broken") in page


def test_plots_have_the_numbers_of_the_table(tmp_path):
    space = SearchSpace({"model.dropout": Float(0.0, 0.5, False)})
    states: dict[int, TrialState] = {0: "finished", 1: "failed", 2: "given back", 3: "finished", 4: "finished"}
    trials = [
        TrialRecord(
            number=number,
            shown_number=2 if number == 3 else min(number, 3),
            state=state,
            params={"model.dropout": number / 10},
            f1=0.5 if state == "finished" else None,
        )
        for number, state in states.items()
    ]
    page = tmp_path / "page.html"
    write_tuning_page(page, TuneResult.of(trials, notes=(), seconds=1.0), space=space)
    history = page.read_text(encoding="utf-8").rpartition('Plotly.newPlot("plot0", ')[2].partition("\n")[0]
    assert '"x": [0, 2, 3]' in history


def test_a_search_says_how_many_processes_go_on_and_mentions_only_seeds_that_are_planned(capsys):
    progress = SearchProgress()
    progress(WorkerDied("signal 9", 1, repeats=True))
    progress(SearchForecast(seconds=60.0, trials=1, runs=0, seconds_left=0.0))
    progress(SearchForecast(seconds=60.0, trials=3, runs=6, seconds_left=180.0))
    died, first, second = capsys.readouterr().err.splitlines()
    assert "its trial is repeated; 1 process continues" in died
    assert "1 trial fits; about" in first
    assert "3 trials fit, and the runs with new seeds; about" in second


@pytest.mark.slow
def test_a_call_that_helps_says_that_another_writes_the_results(onoma, searched, run):
    best = (run.parent / "out" / "best.toml").read_bytes()
    with taken_folder(run.parent / "out", parts=[]):
        helper = onoma("tune", run, "--trials", 5, "--resume")
    assert helper.status == 0, helper.err
    assert "Trials so far: " in helper.out
    assert "Another call continues the search" in helper.out
    assert "defaults" not in helper.out
    assert (run.parent / "out" / "best.toml").read_bytes() == best


@pytest.mark.slow
def test_the_reasons_of_failed_runs_with_new_seeds_are_given(run, tmp_path):
    alone = tmp_path / "run.toml"
    lines = run.read_text(encoding="utf-8").splitlines()
    alone.write_text("\n".join(line for line in lines if "/broken" not in line), encoding="utf-8")
    corpus = write_corpus(tmp_path / "corpus.conll", SENTENCES * 4)

    def lose_the_corpus(event):
        if isinstance(event, SeedRunsPlanned):
            corpus.unlink()

    result = package.tune(
        alone,
        train=corpus,
        dev=corpus,
        output=tmp_path / "out",
        settings={"training.learning_rate": 1e-7, "training.epochs": 20},
        trials=2,
        seeds=1,
        finalists=1,
        on_event=lose_the_corpus,
    )
    assert result.confirmation is None
    assert any(each.startswith("defaults: ") and "corpus.conll" in each for each in result.failures)
    assert "Runs with new seeds have failed: " in " ".join(result.statements())


@pytest.mark.slow
def test_a_search_that_goes_on_repeats_no_trial_and_no_seed(onoma, searched, run):
    again = onoma("tune", run, "--trials", 6, "--seeds", 2, "--finalists", 2, "--resume", "--json")
    assert again.status == 0, again.err
    figures = json.loads(again.out)
    trials = figures["trials"]
    assert [trial["f1"] for trial in trials[:5]] == [trial.f1 for trial in searched.trials]
    assert len(trials) == 6
    assert len(re.findall(r"^trial \d+: ", again.err, re.MULTILINE)) == 1
    new_finalists = {each["trial"] for each in figures["finalists"]} - {
        each.trial.number for each in searched.finalists
    }
    new_best = figures["confirmation"] is not None and figures["best"] != searched.best.number
    confirming = new_best * (4 if searched.confirmation is None else 2)
    assert len(re.findall(r", seed \d+: dev F1", again.err)) == 2 * len(new_finalists) + confirming
    refused = onoma("tune", run, "--trials", 6)
    assert (refused.status, "pass --resume" in refused.err) == (2, True)
    other = onoma("tune", run, "--trials", 6, "--resume", "--set", "training.epochs=5")
    assert (other.status, "training.epochs: 4, now 5" in other.err) == (2, True)


def _start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "onoma", "tune", *map(str, arguments)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment(OMP_NUM_THREADS="1"),
    )


def _wait_for(process, text):
    lines = []
    for line in process.stderr:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines))


@pytest.mark.slow
def test_a_search_that_is_killed_goes_on_and_repeats_no_finished_trial(run, tmp_path):
    arguments = (run, "--output", tmp_path / "out", "--trials", 3, "--seeds", 0)
    said = []
    for number, more in ((0, ()), (1, ("--resume",))):
        killed = _start(*arguments, *more)
        said.append(_wait_for(killed, f"trial {number} "))
        killed.kill()
        killed.communicate()
    last = _start(*arguments, "--resume")
    said.append(last.communicate()[1].splitlines())
    assert last.returncode == 0, said[-1]
    assert len(_ended(tmp_path / "out")) == len(set(_ended(tmp_path / "out"))) == 3
    begun_last = {line.split(":")[0] for line in said[-1] if line.startswith("trial ")}
    assert "trial 0" not in begun_last
    assert "trial 1" not in begun_last


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be handled")
def test_a_search_that_sigterm_stops_while_new_seeds_are_trained_goes_on_with_them(run, tmp_path):
    alone = tmp_path / "run.toml"
    lines = run.read_text(encoding="utf-8").splitlines()
    alone.write_text("\n".join(line for line in lines if "/broken" not in line), encoding="utf-8")
    bad = ("--set", "training.learning_rate=1e-7", "--set", "training.epochs=20")
    arguments = (alone, "--output", tmp_path / "out", "--trials", 2, "--seeds", 2, "--finalists", 1, *bad)
    stopped = _start(*arguments)
    _wait_for(stopped, ", seed 2: dev F1")
    stopped.terminate()
    said = stopped.communicate()[1]
    assert stopped.returncode == 143, said
    assert f"stopped by SIGTERM; pass --resume to continue {tmp_path / 'out'}" in said
    last = _start(*arguments, "--resume")
    said = last.communicate()[1]
    assert last.returncode == 0, said
    assert re.search(r"\(\d+ others? (is|are) finished\)", said)
    assert _figures(tmp_path / "run.toml")["confirmation"]["seeds"] == [2, 3]


@pytest.mark.slow
def test_two_calls_with_the_same_storage_share_the_work(run, tmp_path):
    long = ("--set", "training.epochs=40", "--set", "training.patience=40")
    common = (
        "--storage",
        f"sqlite:///{tmp_path / 'study.db'}",
        "--trials",
        12,
        "--seeds",
        0,
        "--pruner",
        "none",
        *long,
    )
    calls = [_start(run, "--output", tmp_path / name, *common) for name in ("one", "other")]
    said = [call.communicate()[1].splitlines() for call in calls]
    assert [call.returncode for call in calls] == [0, 0], [lines[-3:] for lines in said]
    for name in ("one", "other"):
        assert _ended(tmp_path / name) == list(range(12))
    taken = [{line.split(":")[0] for line in lines if line.startswith("trial ")} for lines in said]
    assert not taken[0] & taken[1]
    assert all(taken)


def _ended(output):
    figures = json.loads((output / "tune.json").read_text(encoding="utf-8"))
    return sorted(trial["number"] for trial in figures["trials"] if trial["state"] in ("finished", "failed", "pruned"))


def _planned(run, **changes):
    """The event with which a search begins, which then goes no further."""
    events = []

    def stop(event):
        events.append(event)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        package.tune(run, on_event=stop, **changes)
    return events[0]


def test_several_encoders_are_searched_also_where_the_file_has_a_space(run, encoder, tmp_path):
    alone = tmp_path / "run.toml"
    lines = run.read_text(encoding="utf-8").splitlines()
    alone.write_text("\n".join(line for line in lines if "/broken" not in line), encoding="utf-8")
    encoders = [str(encoder), str(write_encoder(tmp_path / "another"))]
    for number, path in enumerate((alone, run)):
        planned = _planned(path, encoders=encoders, output=tmp_path / f"out-{number}")
        assert planned.space["model.encoder"] == json.dumps(encoders)
        assert "training.learning_rate" in planned.space


def test_a_study_of_several_tasks_is_known_by_the_texts_of_all_of_them(run, encoder, tmp_path):
    text = write_corpus(tmp_path / "chunks.conll", SENTENCES)
    several = tmp_path / "run.toml"
    task = f'[[task]]\nname = "chunks"\nkind = "tags"\ntrain = {json.dumps(str(text))}\n'
    several.write_text(f"{run.read_text(encoding='utf-8')}\n{task}", encoding="utf-8")
    common = {"encoders": [str(encoder), str(run.parent / "broken")], "output": tmp_path / "out"}
    _planned(several, **common)
    _planned(several, **common, resume=True)
    write_corpus(text, SENTENCES * 2)
    with pytest.raises(InputError, match="training text of chunks: sha256:"):
        package.tune(several, **common, resume=True)


def test_the_output_is_continued_only_with_the_study_that_it_has(run, tmp_path):
    output, journal = tmp_path / "out", f"journal:{tmp_path / 'journal'}"
    _planned(run, output=output)
    others: list[dict[str, Any]] = [{"study": "other"}, {"storage": journal}]
    for changes in others:
        with pytest.raises(InputError, match="has another study; pass --study onoma and no --storage to continue it"):
            package.tune(run, output=output, resume=True, **changes)
    _planned(run, output=output, resume=True)
    _planned(run, output=tmp_path / "shared", storage=journal, study="mine")
    with pytest.raises(InputError, match="pass --study mine and --storage journal:"):
        package.tune(run, output=tmp_path / "shared", study="mine", resume=True)


def test_the_study_is_in_the_output_whatever_its_name(run, tmp_path):
    output = tmp_path / "why? #1 %41 {a}"
    _planned(run, output=output)
    assert (output / "study.db").is_file()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--trials", 0), "the budget is empty"),
        (("--trials", -3), "the budget is empty"),
        (("--minutes", 0), "the budget is empty"),
        (("--minutes", "nan"), "the budget is empty"),
        (("--set", "data.dev=[]"), "there is no dev text to compare trials on; name it with --dev"),
        (("--dev", "nowhere.conll"), "nowhere.conll"),
        (("--set", "adapt.text=a.txt"), "each trial would adapt the encoder again"),
        (("--set", "space.training.epochs=3"), "expected a range"),
        (("--set", "space.model.windw=[64, 128]"), "unknown key 'model.windw'"),
        (("--set", "crf.c1=1"), "crf: is for the baseline crf"),
        (("--overwrite", "--resume"), "pass one of them"),
        (("--overwrite", "--storage", "journal:x"), "--study NAME"),
        (("--jobs", 0), "that of jobs at least 1"),
        (("--finalists", 0), "that of finalists and that of jobs at least 1"),
        (("--set", "model.encoder=crf"), "the baseline crf cannot be searched"),
        (("--set", 'space.model.encoder=["small", "bilstm"]'), "the baseline bilstm"),
        (("--encoder", "smal"), "there is no encoder 'smal'. It is not an alias (small, multilingual)"),
        (("--set", 'space.model.encoder=["small", "smal"]'), "there is no encoder 'smal'"),
        (("--encoder", "small", "--encoder", "bilstm"), "the baseline bilstm cannot be searched"),
        (("--storage", "study.db"), "journal:PATH"),
        (("--set", 'space.model.head=["linear", "lstm"]'), "unknown head 'lstm'"),
    ],
)
def test_what_cannot_be_done_is_said(onoma, run, tmp_path, arguments, complaint):
    refused = onoma("tune", run, "--output", tmp_path / "out", *arguments)
    assert (refused.status, complaint in refused.err) == (2, True), refused.err
    assert not (tmp_path / "out").exists()


def test_a_page_that_cannot_be_written_is_refused_before_the_search(run, tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file for the report"):
        package.tune(run, output=tmp_path / "out", report=tmp_path)
    assert not (tmp_path / "out").exists()


def test_an_unknown_pruner_is_refused_from_python_too(run, tmp_path):
    unknown: Any = "medain"
    with pytest.raises(ConfigError, match="unknown pruner 'medain'; choose one of median, hyperband, none"):
        package.tune(run, output=tmp_path / "out", pruner=unknown)


def test_a_folder_of_something_else_is_left_alone(onoma, run, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    for more in ((), ("--overwrite",), ("--resume",)):
        refused = onoma("tune", run, "--output", tmp_path, *more)
        assert (refused.status, "has no study" in refused.err) == (2, True)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "Dear Ada"


def test_without_optuna_it_says_what_to_install(onoma, run, tmp_path, monkeypatch):
    monkeypatch.setattr("onoma.api.extras.find_spec", lambda name: None if name == "optuna" else name)
    missing = onoma("tune", run, "--output", tmp_path / "out")
    assert (missing.status, "pip install 'onoma[tune]'" in missing.err) == (2, True)
