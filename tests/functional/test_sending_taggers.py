"""A loaded tagger can be copied and sent to other processes, which load it again."""

from __future__ import annotations

import copy
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import onoma
from onoma.api import backends, loading

TEXT = "angela merkel visited lyon"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda tagger: pickle.loads(pickle.dumps(tagger))])
def test_a_copy_answers_as_the_tagger_does(model, copied):
    tagger = onoma.load(model, threads=1)
    assert copied(tagger) is not tagger
    assert copied(copied(tagger)).tag(TEXT) == tagger.tag(TEXT)


def test_another_process_gets_a_tagger(model):
    tagger = onoma.load(model, threads=1)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(tagger.tag, TEXT).result() == tagger.tag(TEXT)


def test_it_is_loaded_in_the_same_way(model, monkeypatch):
    opened = []

    def watched(bundle, **settings):
        opened.append(settings)
        return honest(bundle, **settings)

    honest = backends.open_runner
    monkeypatch.setattr(loading, "open_runner", watched)
    copy.deepcopy(onoma.load(model, threads=2))
    assert opened == [{"dtype": "fp32", "threads": 2}] * 2


def test_the_folder_is_found_from_anywhere(model, monkeypatch, tmp_path):
    monkeypatch.chdir(model.parent)
    sent = pickle.dumps(onoma.load(model.name, threads=1))
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(sent).bundle.folder == model


def test_a_shipped_model_is_sent_by_its_name():
    sent = pickle.dumps(onoma.load("en", threads=1, dtype="int8"))
    assert str(Path(onoma.__file__).parent).encode() not in sent
    assert pickle.loads(sent).labels == ("LOC", "MISC", "ORG", "PER")


def test_a_folder_that_is_gone_is_named(model, tmp_path):
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    sent = pickle.dumps(onoma.load(folder, threads=1))
    shutil.rmtree(folder)
    with pytest.raises(onoma.OnomaError, match=r"model: the folder does not exist"):
        pickle.loads(sent)
