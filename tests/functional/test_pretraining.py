"""Pre-training: what stops it changes nothing, its batches are what the papers say, and others can load its folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer, BertForPreTraining

import onoma as package
from onoma.engine.events import Event, Planned, Stepped
from onoma.errors import ConfigError, EncoderError, InputError
from onoma.models import IGNORED, MaskedBatch, PretrainingModel, build_pretraining_model, load_pretrained
from onoma.pretraining.vocabulary import special_ids
from support.killing import deaths
from support.launching import NEEDS_GLOO, UNDISTURBED, launch
from support.learnable import QUICK
from support.unlabelled import TINY, WORD, Text, make_text, numbers

LENGTHENING = {"objective.long_window": 64, "objective.long_share": 0.5}
LARGE: dict[str, object] = {**TINY, "training.batch_subwords": 4_096, "training.steps": 60, "data.held_out_share": 0}


def sets(settings: dict[str, object]) -> list[str]:
    """Settings as the command line takes them."""
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    """Sixty documents."""
    return make_text(60).write(tmp_path_factory.mktemp("text") / "text.txt")


@pytest.fixture(scope="module")
def made(text, tmp_path_factory) -> Path:
    """The encoder of a run that nobody stops."""
    output = Path(tmp_path_factory.mktemp("made") / "x")
    package.pretrain(text=text, output=output, settings=TINY)
    return output


@pytest.fixture(scope="module")
def lengthened(text, tmp_path_factory) -> bytes:
    """What is learnt with longer windows in the second half."""
    output = Path(tmp_path_factory.mktemp("lengthened") / "x")
    package.pretrain(text=text, output=output, settings={**TINY, **LENGTHENING})
    return weights(output)


def stop_after(step: int) -> Callable[[Event], bool]:
    """Asks a run to stop."""
    return lambda event: isinstance(event, Stepped) and event.number == step


# What stops a run


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_deaths_at_random_moments_change_no_bit(tmp_path):
    deaths("pretrain", tmp_path, kills=8)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert weights(whole) == weights(broken)
    assert sorted(path.name for path in whole.iterdir()) == sorted(path.name for path in broken.iterdir())


@pytest.mark.parametrize("step", [3, 6, 9])
def test_sigterm_ends_with_its_status_and_the_run_goes_on_as_if_nothing_had_been(
    onoma, interrupt, text, lengthened, tmp_path, step
):
    output = tmp_path / "x"
    interrupt(step, signal.SIGTERM)
    stopped = onoma("pretrain", "--text", text, "-o", output, *sets({**TINY, **LENGTHENING}))
    assert (stopped.status, f"after step {step}; pass --resume" in stopped.err) == (143, True), stopped.err
    assert [path.name for path in output.iterdir()] == ["unfinished"]
    resumed = onoma("pretrain", "-o", output, "--resume")
    assert (resumed.status, f"resumed after step {step}" in resumed.err) == (0, True), resumed.err
    assert weights(output) == lengthened
    assert not (output / "unfinished").exists()


def test_ctrl_c_leaves_an_encoder_and_a_run_that_can_be_resumed(onoma, interrupt, text, made, tmp_path):
    output = tmp_path / "x"
    command = ("pretrain", "--text", text, "-o", output, *sets(TINY))
    interrupt(6, signal.SIGINT)
    stopped = onoma(*command)
    assert (stopped.status, "--resume continues the run" in stopped.err) == (130, True), stopped.err
    AutoModelForMaskedLM.from_pretrained(output)
    refused = onoma(*command)
    assert refused.status == 2
    assert re.search("unfinished run.*--resume.*--overwrite", refused.err)
    resumed = onoma("pretrain", "-o", output, "--resume")
    assert resumed.status == 0, resumed.err
    assert weights(output) == weights(made)
    again = onoma("pretrain", "-o", output, "--resume")
    assert (again.status, "nothing to resume" in again.err) == (2, True)


def test_a_plan_by_minutes_is_kept_whatever_the_speed_later(text, tmp_path, monkeypatch):
    planned: list[int] = []

    def on_event(event: Event) -> bool:
        if isinstance(event, Planned):
            planned.append(event.steps)
        return len(planned) == 1 and isinstance(event, Stepped) and event.number == 4

    settings = {key: value for key, value in TINY.items() if key != "training.steps"}
    more = {"minutes": 0.004, "text": text, "settings": settings, "on_event": on_event}
    _each_step_takes(monkeypatch, 0.01)
    assert package.pretrain(output=tmp_path / "x", **more).interrupted
    _each_step_takes(monkeypatch, 0.1)
    assert not package.pretrain(output=tmp_path / "x", resume=True, **more).interrupted
    assert planned == [22, 22]  # 95 % of 0.24 s
    package.pretrain(text=text, output=tmp_path / "steps", settings={**settings, "training.steps": 22})
    assert weights(tmp_path / "x") == weights(tmp_path / "steps")


def _each_step_takes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    ticks = iter(range(1_000))
    clock = SimpleNamespace(perf_counter=lambda: next(ticks) * seconds)
    monkeypatch.setattr("onoma.pretraining.planning.time", clock)


@pytest.fixture
def unfinished(text, tmp_path) -> Path:
    """The output of a run that was stopped after five steps."""
    own = tmp_path / "own.txt"
    shutil.copy(text, own)
    package.pretrain(text=own, output=tmp_path / "x", settings=TINY, on_event=stop_after(5))
    return Path(tmp_path / "x")


def test_another_text_or_setting_is_refused_by_name(unfinished, tmp_path):
    with pytest.raises(InputError, match=r"objective\.mask_rate: 0\.15, now 0\.3") as refused:
        package.pretrain(
            output=unfinished, resume=True, settings={"objective.mask_rate": 0.3, "objective.masking": "spans"}
        )
    assert "objective.masking: words, now spans" in str(refused.value)
    assert "--accept-changes" in str(refused.value)
    make_text(60, seed=2).write(tmp_path / "own.txt")
    with pytest.raises(InputError, match=r"text: sha256:.*, now sha256:"):
        package.pretrain(output=unfinished, resume=True)


def test_a_change_that_is_accepted_is_said(onoma, unfinished):
    resumed = onoma(
        "pretrain", "-o", unfinished, "--resume", "--set", "training.learning_rate=0.02", "--accept-changes"
    )
    assert resumed.status == 0
    assert "changed since the run began: training.learning_rate: 0.01, now 0.02 (accepted)" in resumed.err


def test_there_must_be_something_to_resume(onoma, tmp_path):
    outcome = onoma("pretrain", "-o", tmp_path / "x", "--resume")
    assert (outcome.status, "nothing to resume" in outcome.err) == (2, True)


# Seeds and processes


def test_the_seed_decides_the_weights(text, made, tmp_path):
    for name, seed in (("same", 1), ("other", 2)):
        package.pretrain(text=text, output=tmp_path / name, settings={**TINY, "training.seed": seed})
    standard = package.pretrain(text=text, output=tmp_path / "standard", settings=TINY)
    assert weights(standard.folder) == weights(made)
    assert weights(tmp_path / "other") != weights(tmp_path / "same")


@pytest.mark.slow
@NEEDS_GLOO
@pytest.mark.parametrize("kind", ["next", "none"])
def test_two_processes_learn_what_one_learns(text, tmp_path, kind):
    settings = {**TINY, "model.dropout": 0.0, "objective.sentence_pairs": kind, "training.average": 0.5}
    outcomes = {}
    for processes in (1, 2):
        command = (*UNDISTURBED, "pretrain", "--text", text, "-o", tmp_path / str(processes), *sets(settings))
        outcomes[processes] = launch(tmp_path, *command, processes=processes)
        assert outcomes[processes].returncode == 0, outcomes[processes].stderr
    expected, found = (load_file(tmp_path / name / "model.safetensors") for name in "12")
    for name, tensor in expected.items():
        if name.endswith("key.bias"):
            continue  # softmax does not see it: its gradient is rounding alone, which AdamW takes as any other
        torch.testing.assert_close(found[name], tensor, atol=1e-4, rtol=1e-4, msg=name)
    first, second = re.findall("weights ([0-9a-f]{64})", outcomes[2].stdout)
    assert first == second
    assert outcomes[2].stderr.count("encoder written to") == 1


# What is learnt from


class Seen:
    """The batches of a run.

    Attributes:
        learnt: those that the model has learnt from.
        measured: those that it was measured on.
        folder: its encoder.
    """

    def __init__(self) -> None:
        self.learnt: list[MaskedBatch] = []
        self.measured: list[MaskedBatch] = []
        self.folder = Path()

    def opened(self, folder: Path) -> Seen:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        special = special_ids(self.tokenizer)
        self.cls, self.sep, self.mask = special.cls, special.sep, special.mask
        return self

    def sequences(self, batches: Sequence[MaskedBatch]) -> list[tuple[list[list[str]], int]]:
        """Of each sequence the subwords of its segments, as they were before masking, and what kind of pair it is."""
        found = []
        for batch in batches:
            ids = batch.ids.clone()
            ids[batch.masked] = batch.targets
            for sequence, pair in zip(ids.split(batch.lengths.tolist()), batch.pairs.tolist(), strict=True):
                assert (sequence[0], sequence[-1]) == (self.cls, self.sep)
                segments: list[list[str]] = [[]]
                for number in sequence[1:-1].tolist():
                    if number == self.sep:
                        segments.append([])
                    else:
                        segments[-1].append(str(self.tokenizer.id_to_token(number)))
                found.append((segments, pair))
        return found


@pytest.fixture(scope="module")
def large() -> Text:
    """Text enough for statistics."""
    return make_text(800)


def watched(file: Path, output: Path, settings: dict[str, object]) -> Seen:
    """Pre-train, and keep every batch."""
    seen = Seen()
    losses = PretrainingModel.losses

    def kept(self: PretrainingModel, batch: MaskedBatch) -> object:
        (seen.learnt if self.training else seen.measured).append(batch)
        return losses(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PretrainingModel, "losses", kept)
        package.pretrain(text=file, output=output, settings=settings)
    return seen.opened(output)


@pytest.fixture(scope="module")
def paired(large, tmp_path_factory) -> Seen:
    """Pairs of segments."""
    folder = tmp_path_factory.mktemp("paired")
    return watched(large.write(folder / "text.txt"), folder / "x", LARGE)


@pytest.fixture(scope="module")
def packed(large, tmp_path_factory) -> Seen:
    """Full sentences."""
    folder = tmp_path_factory.mktemp("packed")
    settings = {**LARGE, "objective.sentence_pairs": "none", "objective.masking": "subwords"}
    return watched(large.write(folder / "text.txt"), folder / "x", settings)


@pytest.mark.parametrize("kind", ["paired", "packed"])
def test_fifteen_percent_are_masked_most_by_the_mask_some_by_others(kind, request):
    seen: Seen = request.getfixturevalue(kind)
    maskable = masked = by_mask = unchanged = special = 0
    for batch in seen.learnt:
        maskable += batch.subwords - int(torch.isin(batch.ids, torch.tensor([seen.cls, seen.sep])).sum())
        masked += len(batch.masked)
        now = batch.ids[batch.masked]
        by_mask += int(now.eq(seen.mask).sum())
        unchanged += int(now.eq(batch.targets).sum())
        special += int(torch.isin(now, torch.tensor([0, 1, seen.cls, seen.sep])).sum())
    assert masked > 20_000
    assert masked / maskable == pytest.approx(0.15, rel=0.01)
    assert by_mask / masked == pytest.approx(0.8, abs=0.01)
    assert unchanged / masked == pytest.approx(0.1, abs=0.01)
    assert special == 0


@pytest.mark.parametrize("kind", ["paired", "packed"])
def test_no_sequence_is_longer_than_the_window(kind, request):
    seen: Seen = request.getfixturevalue(kind)
    lengths = torch.cat([batch.lengths for batch in seen.learnt])
    assert lengths.max() == LARGE["objective.window"]


def test_windows_are_long_at_the_end(text, tmp_path):
    seen = watched(text, tmp_path / "x", {**TINY, **LENGTHENING})
    longest = [int(batch.lengths.max()) for batch in seen.learnt]
    assert len(longest) == TINY["training.steps"]
    assert (max(longest[:6]), max(longest[6:])) == (32, 64)


def test_half_of_the_pairs_follow_each_other_and_the_others_are_of_other_documents(large, paired):
    known, kinds, followed = numbers(large.words), Counter[int](), 0
    for segments, kind in paired.sequences(paired.learnt):
        kinds[kind] += 1
        if kind == IGNORED:
            continue
        one, other = (_words(segment, known) for segment in segments)
        if not one or not other:
            continue
        assert one == list(range(one[0], one[-1] + 1))
        assert other == list(range(other[0], other[-1] + 1))
        first, second = (large.document_of[part[0]] for part in (one, other))
        assert (kind == 0) == (first == second)
        if kind == 0:
            assert one[-1] < other[0]
            if sum(map(len, segments)) + 3 < int(str(LARGE["objective.window"])):
                assert other[0] == one[-1] + 1
                followed += 1
    assert followed > 100
    assert kinds[0] / (kinds[0] + kinds[1]) == pytest.approx(0.5, abs=0.01)


def _words(segment: Sequence[str], known: dict[str, int]) -> list[int]:
    """The numbers of a segment's words, those left out that are cut at its ends."""
    words = [word for word in " ".join(segment).replace(" ##", "").split() if word != "."]
    whole = [word for place, word in enumerate(words) if not (_cut(word) and place in (0, len(words) - 1))]
    return [known[word] for word in whole]


def _cut(word: str) -> bool:
    return word.startswith("##") or len(word) != WORD


def _documents(seen: Seen, batches: Sequence[MaskedBatch], text: Text) -> set[int]:
    """The documents whose words are in batches."""
    known = numbers(text.words)
    segments = (part for found, _ in seen.sequences(batches) for part in found)
    return {text.document_of[word] for part in segments for word in _words(part, known)}


def test_no_document_of_the_held_out_text_is_learnt_from(text, tmp_path):
    whole = make_text(60)
    held_out = Text(whole.documents[::6]).write(tmp_path / "held-out.txt")
    settings = {**LARGE, "data.held_out": [str(held_out)], "objective.sentence_pairs": "none", "training.steps": 8}
    seen = watched(text, tmp_path / "x", settings)
    assert _documents(seen, seen.measured, whole) == set(range(0, 60, 6))
    assert _documents(seen, seen.learnt, whole) == set(range(60)) - set(range(0, 60, 6))


def test_a_share_is_held_out_by_documents(text, tmp_path):
    settings = {**LARGE, "data.held_out_share": 0.2, "objective.sentence_pairs": "none", "training.steps": 8}
    seen = watched(text, tmp_path / "x", settings)
    learnt, measured = (_documents(seen, some, make_text(60)) for some in (seen.learnt, seen.measured))
    assert learnt | measured == set(range(60))
    assert not learnt & measured
    assert 5 <= len(measured) <= 20


def test_masks_are_new_in_every_pass(packed):
    masks: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
    places = []
    for batch in packed.learnt:
        starts = (batch.lengths.cumsum(0) - batch.lengths).tolist()
        for start, length in zip(starts, batch.lengths.tolist(), strict=True):
            mine = batch.masked[(batch.masked >= start) & (batch.masked < start + length)] - start
            places.append(tuple(mine.tolist()))
    for (segments, _), where in zip(packed.sequences(packed.learnt), places, strict=True):
        masks.setdefault(tuple(segments[0]), []).append(where)
    again = [found for found in masks.values() if len(found) > 1]
    assert len(again) > 100
    assert sum(len(set(found)) == 1 for found in again) < 0.02 * len(again)


# What comes out


@pytest.mark.parametrize("size", [2, 5, 200])
def test_a_batch_loses_what_its_parts_lose(paired, size):
    model, new = build_pretraining_model(load_pretrained(str(paired.folder)), pairs=True)
    assert not new
    model.eval()
    batch = paired.learnt[0]
    parts = [part for rank in range(size) if (part := batch.part(rank, size)) is not None]
    assert len(parts) == min(size, len(batch.lengths))
    with torch.no_grad():
        expected, weight = model.loss(batch)
        found = [model.loss(part) for part in parts]
    torch.testing.assert_close(sum(loss for loss, _ in found), expected, atol=0.0, rtol=1e-5)
    assert sum(float(each) for _, each in found) == weight


def test_transformers_loads_the_encoder_with_all_its_weights(made):
    for kind in (BertForPreTraining, AutoModelForMaskedLM, AutoModel):
        loaded: Any = kind.from_pretrained(made, output_loading_info=True)
        report = loaded[1]
        assert not report["missing_keys"]
        if kind is BertForPreTraining:
            assert not report["unexpected_keys"]
    tokenizer = AutoTokenizer.from_pretrained(made)
    own = Tokenizer.from_file(str(made / "tokenizer.json"))
    assert tokenizer("abda bide", "kalo")["input_ids"] == own.encode("abda bide", "kalo").ids


def test_a_recogniser_is_trained_from_it(made, corpus, tmp_path):
    settings = dict(part.split("=") for part in QUICK[1::2]) | {"training.epochs": 1}
    package.train(train=corpus, encoder=str(made), output=tmp_path / "x", settings=settings)
    assert package.load(tmp_path / "x").tag("lyon").text == "lyon"


def test_it_goes_on_with_its_own_encoder(made, text, tmp_path):
    settings = {key: value for key, value in TINY.items() if not key.startswith("model.")}
    result = package.pretrain(text=text, encoder=str(made), output=tmp_path / "x", settings=settings)
    before = json.loads((made / "pretraining.json").read_text(encoding="utf-8"))["figures"]["masked_loss"]
    assert result.figures["masked_loss"] < before


# Bad input


def test_one_document_has_no_pairs(tmp_path):
    file = make_text(1, sentences=(30, 30)).write(tmp_path / "text.txt")
    more = {**TINY, "objective.sentence_pairs": "next", "data.documents": "files", "data.held_out_share": 0}
    with pytest.raises(InputError, match=r"sentence_pairs = next: the text is one document.*blank lines"):
        package.pretrain(text=file, output=tmp_path / "x", settings=more)
    package.pretrain(text=file, output=tmp_path / "x", settings={**more, "objective.sentence_pairs": "auto"})


def test_blank_text_is_refused(onoma, tmp_path):
    (tmp_path / "text.txt").write_text(" \n\n\t\n", encoding="utf-8")
    outcome = onoma("pretrain", "--text", tmp_path / "text.txt", "-o", tmp_path / "x", *sets(TINY))
    assert (outcome.status, "text.txt" in outcome.err) == (2, True)
    assert not (tmp_path / "x").exists()


def test_text_is_needed(onoma, tmp_path):
    outcome = onoma("pretrain", "-o", tmp_path / "x")
    assert (outcome.status, "--text" in outcome.err) == (2, True)


@pytest.mark.parametrize("name", ["window", "long_window"])
def test_a_window_must_fit_into_the_encoder(text, made, tmp_path, name):
    settings = {"objective.window": 64, f"objective.{name}": 65, "training.steps": 1}
    with pytest.raises(ConfigError, match=rf"objective\.{name}: 65 subwords.*64"):
        package.pretrain(text=text, encoder=str(made), output=tmp_path / "x", settings=settings)


def test_a_shape_must_be_known(onoma, text, tmp_path):
    outcome = onoma("pretrain", "--text", text, "--shape", "huge", "-o", tmp_path / "x")
    assert (outcome.status, "model.shape" in outcome.err) == (2, True)
    assert "'mini'" in outcome.err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model.encoder": "small", "model.shape": "base"}, "an existing encoder .* leave out shape"),
        ({"model.encoder": "small", "model.hidden": 64, "model.cased": True}, "leave out hidden and cased"),
        ({"model.teacher": "small", "model.cased": True}, "a new encoder has the vocabulary of its teacher"),
        ({"model.teacher": "small", "model.shape": "teacher", "model.positions": 64}, "no positions of its own"),
        ({"model.vocabulary": "x", "model.vocabulary_size": 100}, "vocabulary_size: .* leave it out"),
    ],
)
def test_settings_that_would_have_no_effect(settings, message, text, tmp_path):
    with pytest.raises(ConfigError, match=message):
        package.pretrain(text=text, output=tmp_path / "x", settings=settings)


@pytest.mark.parametrize("there", [True, False])
def test_a_vocabulary_must_be_a_tokenizer(text, tmp_path, there):
    if there:
        (tmp_path / "vocabulary").mkdir()
    settings = {**TINY, "model.vocabulary": tmp_path / "vocabulary"}
    del settings["model.vocabulary_size"]
    with pytest.raises(EncoderError, match=r"vocabulary.*tokenizer"):
        package.pretrain(text=text, output=tmp_path / "x", settings=settings)


def test_a_full_folder_is_left_alone(onoma, text, tmp_path):
    thesis = tmp_path / "x" / "thesis.tex"
    thesis.parent.mkdir()
    thesis.touch()
    outcome = onoma("pretrain", "--text", text, "-o", tmp_path / "x", *sets(TINY))
    assert (outcome.status, "not empty" in outcome.err) == (2, True)
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["thesis.tex"]
