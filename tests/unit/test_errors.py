from __future__ import annotations

import pickle

import pytest

from onoma.errors import CorpusError, InputError, MissingExtraError, OnomaError, SchemeError

ERRORS = [
    InputError("--to x: unknown"),
    CorpusError("is a folder", path="a.conll", line=3),
    SchemeError("tag 'X'", path="a.conll"),
    MissingExtraError("training", extra="train"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_from_another_process(error: OnomaError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
