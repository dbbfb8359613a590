"""What is compared: from a TOML file and options to cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from onoma.errors import ConfigError
from onoma.experiments import cells_of, file_name, read_comparison

SETTINGS: dict[str, object] = {"output": Path("out"), "data.train": "t", "data.dev": "d"}

SEVERAL = """
output = "out"
seeds = [7, 3]
sizes = [100, "all"]

[training]
epochs = 2

[[corpus]]
name = "tweets"
train = "tweets.conll"
documents = "file"

[[corpus]]
name = "news"
train = "news.conll"

[[candidate]]
name = "plain"

[[candidate]]
name = "crf, slow"
data.capitals = 0.5
model.head = "crf"
training.learning_rate = 1e-5
"""


def named(
    *encoders: str, heads: tuple[str, ...] = (), settings: Mapping[str, object] | None = None, **more: object
) -> list[str]:
    found = read_comparison(None, encoders=encoders, heads=heads, settings={**SETTINGS, **(settings or {}), **more})
    return [each.name for each in found.candidate]


def test_candidates_are_each_encoder_with_each_head():
    found = read_comparison(None, encoders=["small", "folders/mine"], heads=["linear", "crf"], settings=SETTINGS)
    assert [(each.name, each.model) for each in found.candidate] == [
        ("small linear", {"encoder": "small", "head": "linear"}),
        ("small crf", {"encoder": "small", "head": "crf"}),
        ("mine linear", {"encoder": "folders/mine", "head": "linear"}),
        ("mine crf", {"encoder": "folders/mine", "head": "crf"}),
    ]


def test_baselines_have_no_head():
    found = read_comparison(None, encoders=["small", "crf"], heads=["linear", "crf"], settings=SETTINGS)
    assert [(each.name, each.model) for each in found.candidate][-1] == ("crf", {"encoder": "crf"})
    assert len(found.candidate) == 3


def test_one_head_is_not_part_of_a_name():
    found = read_comparison(None, encoders=["small"], heads=["crf"], settings=SETTINGS)
    assert [(each.name, each.model) for each in found.candidate] == [("small", {"encoder": "small", "head": "crf"})]


def test_encoders_with_the_same_last_part_are_named_by_all_of_it():
    assert named("a/mine", "b/mine", "c/other") == ["a/mine", "b/mine", "other"]
    assert named(".") == ["."]


@pytest.mark.parametrize("encoders", [("small", "small"), ("a/x", "a/x")])
def test_an_encoder_cannot_be_there_twice(encoders):
    with pytest.raises(ConfigError, match=r"two candidates are called (small|x); give one of them another name"):
        named(*encoders)


def test_names_need_folders_of_their_own():
    with pytest.raises(ConfigError, match="folders of candidates would have the same name: a b, A-b"):
        named("a b", "A-b")


def test_names_become_names_of_files():
    assert file_name("crf, slow") == "crf-slow"
    assert file_name("../up") == "up"
    assert file_name("日本 1.0") == "日本-1.0"
    assert file_name("..") == file_name("/") == "-"
    assert file_name("nul") == "nul_"
    assert file_name("Aux.1") == "Aux_.1"
    assert file_name("e\u0301") == file_name("\u00e9")


@pytest.mark.parametrize("letter", ["x", "日"])
def test_long_names_become_names_that_file_systems_allow(tmp_path, letter):
    name = file_name(300 * letter)
    (tmp_path / name).mkdir()
    assert set(name) == {letter}
    with pytest.raises(ConfigError, match="folders of candidates would have the same name"):
        named(300 * letter + "1", 300 * letter + "2")


@pytest.mark.parametrize(
    ("encoders", "heads", "message"),
    [((), (), "nothing to compare"), ((), ("crf",), "name one with --encoder"), (("",), (), "--encoder is empty")],
)
def test_what_is_missing_is_asked_for(encoders, heads, message):
    with pytest.raises(ConfigError, match=message):
        read_comparison(None, encoders=encoders, heads=heads, settings=SETTINGS)


def test_the_output_is_asked_for():
    with pytest.raises(ConfigError, match=r"output \(--output\) is missing"):
        read_comparison(None, encoders=["small"])


@pytest.mark.parametrize("sizes", [["many"], [0], [-5], [1.5], [True], []])
def test_sizes_are_numbers_or_all(sizes):
    with pytest.raises(ConfigError, match="sizes"):
        named("small", sizes=sizes)


@pytest.mark.parametrize("key", ["training.epoch", "training.epochs", "model.head"])
def test_settings_that_no_candidate_uses_are_refused(key):
    with pytest.raises(ConfigError, match=f"{key}: shared by the candidates with an encoder, and there is none"):
        named("crf", "bilstm", settings={key: 3})
    assert named("crf", "small", settings={key: 3}) == ["crf", "small"], "the run of small checks its keys"


def test_tables_of_baselines_are_shared_by_their_candidates(tmp_path):
    path = tmp_path / "compare.toml"
    path.write_text('[[candidate]]\nname = "own"\nmodel.encoder = "crf"\ncrf.c1 = 2.0\n', encoding="utf-8")
    settings = {**SETTINGS, "seeds": 1, "crf.c1": 1.0, "crf.c2": 0.5}
    cells = cells_of(read_comparison(path, encoders=["crf", "bilstm"], settings=settings))
    assert {cell.candidate: cell.tables.get("crf") for cell in cells} == {
        "own": {"c1": 2.0, "c2": 0.5},
        "crf": {"c1": 1.0, "c2": 0.5},
        "bilstm": None,
    }
    with pytest.raises(ConfigError, match="bilstm: no candidate is the baseline bilstm"):
        named("crf", settings={"bilstm.hidden": 8})


@pytest.mark.parametrize("seeds", [0, [], "x", [1.5]])
def test_seeds_are_numbers(seeds):
    with pytest.raises(ConfigError, match="seed"):
        named("small", seeds=seeds)


def test_a_number_of_seeds_counts_from_one():
    assert read_comparison(None, encoders=["small"], settings=SETTINGS).all_seeds == (1, 2, 3)
    assert read_comparison(None, encoders=["small"], settings={**SETTINGS, "seeds": [5, 2, 5]}).all_seeds == (5, 2)


def test_a_file_has_corpora_and_candidates(tmp_path):
    path = tmp_path / "compare.toml"
    path.write_text(SEVERAL, encoding="utf-8")
    cells = list(cells_of(read_comparison(path)))
    assert len(cells) == 2 * 2 * 2 * 2
    assert [cell.seed for cell in cells] == [7] * 8 + [3] * 8, "something of all candidates is there soon"
    assert len({cell.name for cell in cells}) == len(cells)
    first, last = cells[0], cells[-1]
    assert first.name == "tweets/plain/100-7"
    assert first.tables == {
        "data": {"train": "tweets.conll", "documents": "file", "sentences": 100},
        "model": {},
        "training": {"epochs": 2, "seed": 7},
    }
    assert last.name == "news/crf-slow/all-3"
    assert last.tables == {
        "data": {"train": "news.conll", "capitals": 0.5},
        "model": {"head": "crf"},
        "training": {"epochs": 2, "learning_rate": 1e-5, "seed": 3},
    }


def test_options_win_over_the_file_and_add_candidates(tmp_path):
    path = tmp_path / "compare.toml"
    path.write_text(SEVERAL, encoding="utf-8")
    found = read_comparison(path, encoders=["small"], settings={"seeds": 1, "training.epochs": 5})
    assert [each.name for each in found.candidate] == ["plain", "crf, slow", "small"]
    assert (found.all_seeds, found.training) == ((1,), {"epochs": 5})


@pytest.mark.parametrize("kind", ["corpus", "candidate"])
def test_names_in_a_file_may_not_clash(tmp_path, kind):
    path = tmp_path / "compare.toml"
    path.write_text(f'{SEVERAL}\n[[{kind}]]\nname = "{"news" if kind == "corpus" else "plain"}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"two (corpora|candidates) are called (news|plain)"):
        read_comparison(path)


def test_cells_of_one_candidate_do_not_share_their_tables():
    one, other, *_ = cells_of(read_comparison(None, encoders=["small"], settings={**SETTINGS, "data.tag_names": ["a"]}))
    assert one.tables["data"] == other.tables["data"]
    assert one.tables["data"]["tag_names"] is not other.tables["data"]["tag_names"]
