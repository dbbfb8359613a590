"""Judging a model as a user does it: against another, by its errors, and by what its scores are worth."""

from __future__ import annotations

import json
import shutil

import pytest

from onoma import calibrate, evaluate
from onoma.errors import InputError
from support.learnable import SENTENCES, write_corpus

GOLD = "Ada\tB-PER\nmet\tO\nBob\tB-PER\n\n" * 30
HALF = "Ada\tB-PER\nmet\tO\nBob\tO\n\n" * 30
DOUBTFUL = [sentence.replace("lyon/B-LOC", "lyon/B-PER") for sentence in SENTENCES]


@pytest.fixture
def files(tmp_path):
    for name, text in (("gold", GOLD), ("one", GOLD), ("other", HALF)):
        (tmp_path / f"{name}.conll").write_text(text, encoding="utf-8")
    return [tmp_path / f"{name}.conll" for name in ("gold", "one", "other")]


def test_score_has_intervals_errors_and_every_way_to_count(onoma, files):
    gold, _, other = files
    report = json.loads(onoma("score", gold, other, "--json").out)
    assert report["exact"]["recall"] == 0.5
    assert {"weighted", "semeval", "words", "intervals", "errors"} <= set(report)
    assert (report["intervals"]["unit"], report["intervals"]["units"]) == ("documents", 30)
    assert report["errors"]["kinds"]["missed"] == 30
    assert not {"against", "runs", "reliability"} & set(report)


def test_score_tests_one_file_against_another(onoma, files):
    gold, one, other = files
    report = json.loads(onoma("score", gold, one, "--against", other, "--json").out)
    assert report["against"]["exact"]["recall"] == 0.5
    difference = report["against"]["difference"]
    assert difference["recall"]["difference"] == 0.5
    assert difference["recall"]["p_randomisation"] < 0.001
    assert (difference["units"], difference["differing"]) == (30, 30)


def test_score_gives_mean_and_deviation_of_runs(onoma, files):
    gold, one, other = files
    runs = json.loads(onoma("score", gold, one, "--seeds", other, "--json").out)["runs"]
    assert runs["count"] == 2
    assert runs["exact"]["recall"] == {"mean": 0.75, "deviation": pytest.approx(0.5 / 2**0.5)}


def test_of_several_files_that_one_is_named_whose_words_are_not_those_of_gold(onoma, files):
    gold, one, other = files
    other.write_text(HALF.replace("met", "met\tO\nonce", 1), encoding="utf-8")
    for more in (("--seeds", one, "--against", other), ("--against", one, "--seeds", other)):
        refused = onoma("score", gold, one, *more)
        assert (refused.status, "onoma: other.conll: gold and predicted differ" in refused.err) == (2, True)


def test_score_shows_tables(onoma, files, tmp_path):
    gold, one, other = files
    (tmp_path / "train.conll").write_text("Ada\tB-PER\n", encoding="utf-8")
    training = tmp_path / "train.conll"
    out = onoma("score", gold, other, "--against", one, "--seeds", one, "--errors", "--train", training).out
    for piece in ("95% interval", "-50.00", "±", "missed", "Bob PER → nothing", "by training", "unseen", "by length"):
        assert piece in out


def test_a_file_is_perfect_against_itself(onoma, files):
    assert json.loads(onoma("score", files[0], files[0], "--json").out)["exact"]["f1"] == 1.0


def test_score_reads_broken_tags_strictly_beside(onoma, files, tmp_path):
    gold = files[0]
    broken = tmp_path / "broken.conll"
    broken.write_text(GOLD.replace("Bob\tB-PER", "Bob\tI-PER") + "B\tB-PER\nC\tB-PER\n", encoding="utf-8")
    gold.write_text(GOLD + "B\tO\nC\tO\n", encoding="utf-8")
    outcome = onoma("score", gold, broken, "--scheme", "BIO", "--json")
    report = json.loads(outcome.out)
    assert "repaired: 30" in outcome.err
    assert (report["exact"]["recall"], report["strict_reading"]["recall"]) == (1, 0.5)
    assert report["strict_reading"]["precision"] == 30 / 32
    assert "invalid tags excluded" in onoma("score", gold, broken, "--scheme", "BIO").out
    assert "strict_reading" not in json.loads(onoma("score", gold, gold, "--json").out)


def test_score_writes_a_page(onoma, files, tmp_path):
    gold, one, other = files
    page = tmp_path / "report.html"
    outcome = onoma("score", gold, other, "--against", one, "--seeds", one, "--train", gold, "--report", page)
    assert (outcome.status, f"page written to {page}" in outcome.err) == (0, True)
    assert "precision" in outcome.out
    html = page.read_text(encoding="utf-8")
    assert "other.conll against gold.conll" in html
    assert html.count('<li data-kind="missed" data-gold="PER">') == html.count("<article>") == 30
    for id in ("conventions", "labels", "comparison", "runs", "errors", "groups", "sentences"):
        assert f'<section id="{id}">' in html
    assert 'id="scores"' not in html


def test_a_page_is_not_written_below_a_file(onoma, files):
    outcome = onoma("score", files[0], files[1], "--report", files[0] / "new" / "report.html")
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{files[0]} is not a folder" in outcome.err


def test_a_page_replaces_only_a_page(onoma, files, model, tmp_path):
    gold, one, _ = files
    before = gold.read_bytes()
    for command in (["score", gold, one, "--report"], ["explain", model, "--text", "angela", "--html"]):
        refused = onoma(*command, gold)
        assert (refused.status, gold.read_bytes()) == (2, before)
        assert "exists and is no HTML page; name another file for the report" in refused.err
        assert not onoma(*command, tmp_path / "page.html").status


def test_evaluate_writes_a_page_and_so_does_the_library(onoma, model, tmp_path):
    data = write_corpus(tmp_path / "doubtful.conll", DOUBTFUL)
    assert onoma("evaluate", model, data, "--report", tmp_path / "one.html").status == 0
    report = evaluate(model, data, report=tmp_path / "two.html")
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("one.html", "two.html"))
    assert one == two
    assert f"{model.name} on doubtful.conll" in two
    assert '<section id="scores">' in two
    assert report.errors is not None
    assert two.count('<li data-kind="label" data-gold="PER" data-predicted="LOC">') == report.errors.kinds["label"] == 4


def test_evaluate_tests_models_and_tells_what_scores_are_worth(onoma, model, corpus):
    report = json.loads(onoma("evaluate", model, corpus, "--against", model, "--train", corpus, "--json").out)
    assert report["against"]["difference"]["f1"]["p_randomisation"] == 1
    assert list(report["errors"]["groups"]["training"]) == ["seen"]
    assert sum(bin["entities"] for bin in report["reliability"]["bins"]) == report["predicted"]


def test_calibrate_writes_what_it_found_into_the_model(onoma, model, tmp_path):
    own = shutil.copytree(model, tmp_path / "own")
    dev = write_corpus(tmp_path / "dev.conll", SENTENCES * 3 + DOUBTFUL)
    outcome = onoma("calibrate", own, dev, "--precision", "0.5", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["temperature"] != 1
    assert found["after"]["log_loss"] < found["before"]["log_loss"]
    assert found["thresholds"]["precision"]["LOC"]["precision"] >= 0.5
    manifest = json.loads((own / "onoma.json").read_text(encoding="utf-8"))
    numbers = ("temperature", "slope", "intercept")
    calibration = manifest["tasks"]["entities"]["calibration"]
    assert [calibration[name] for name in numbers] == [found[name] for name in numbers]
    told = json.loads(onoma("evaluate", own, dev, "--json").out)["reliability"]
    assert told["log_loss"] == pytest.approx(found["after"]["log_loss"], abs=1e-6)
    assert calibration["data"] == "dev.conll"
    assert "temperature" in onoma("info", own).out
    assert onoma("tag", "--model", own, "--text", "in Lyon").status == 0


def test_thresholds_are_kept_by_the_model_until_it_is_calibrated_without(onoma, model, tmp_path):
    own = shutil.copytree(model, tmp_path / "own")
    dev = write_corpus(tmp_path / "dev.conll", SENTENCES * 3 + DOUBTFUL)
    shown = json.loads(onoma("calibrate", own, dev, "--recall", "0.3", "--json").out)["thresholds"]["recall"]["LOC"]
    before = json.loads(onoma("evaluate", own, dev, "--json").out)["labels"]["LOC"]
    assert onoma("calibrate", own, dev, "--recall", "0.3", "--apply").status == 0
    after = json.loads(onoma("evaluate", own, dev, "--json").out)["labels"]["LOC"]
    assert after["recall"] == pytest.approx(shown["recall"])
    assert after["precision"] == pytest.approx(shown["precision"])
    assert after["recall"] < before["recall"]
    assert "training measured F1 without them" in onoma("info", own).out
    assert onoma("calibrate", own, dev).status == 0
    assert json.loads(onoma("evaluate", own, dev, "--json").out)["labels"]["LOC"] == before


@pytest.mark.parametrize("options", [["--apply"], ["--apply", "--precision", "0.5", "--recall", "0.5"]])
def test_thresholds_are_for_one_wish(onoma, model, corpus, options):
    outcome = onoma("calibrate", model, corpus, *options)
    assert outcome.status == 2
    assert "one of them" in outcome.err


@pytest.mark.parametrize("bounds", [{"precision": 2}, {"recall": -0.1}, {"precision": float("nan")}])
def test_a_minimum_is_a_fraction(model, corpus, bounds):
    with pytest.raises(InputError, match="expected a fraction between 0 and 1"):
        calibrate(model, corpus, **bounds)


def test_a_list_of_files_is_refused(model, corpus):
    with pytest.raises(InputError, match="expected the path of one file, or documents, not a list of paths"):
        evaluate(model, [corpus, corpus])


def test_another_system_of_the_same_name_has_its_folder_in_the_title(onoma, files, tmp_path):
    gold, one, _ = files
    other = tmp_path / "second" / one.name
    other.parent.mkdir()
    shutil.copy(one, other)
    assert f"{one.name} against {gold.name}, minus {other}" in " ".join(
        onoma("score", gold, one, "--against", other).out.split()
    )


def test_calibrate_names_labels_of_which_none_is_in_both(onoma, model, tmp_path):
    other = write_corpus(
        tmp_path / "other.conll", [each.replace("LOC", "place").replace("PER", "place") for each in DOUBTFUL]
    )
    outcome = onoma("calibrate", model, other)
    assert outcome.status == 2
    assert "none of the labels of gold" in outcome.err
    assert "not place" in outcome.err
    assert "--label OLD=NEW" in outcome.err


def test_calibrate_needs_right_and_wrong_entities(onoma, model, corpus):
    outcome = onoma("calibrate", model, corpus)
    assert (outcome.status, outcome.out) == (2, "")
    assert "of 36 predicted entities 36 are correct" in outcome.err
