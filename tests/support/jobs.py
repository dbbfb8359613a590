"""Jobs over a tagger that needs no model, and what is left of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from onoma.bulk import BulkObserver, BulkReport, Progress, Request, choose_output, find_inputs, run_job
from onoma.text import Document
from support.capitals import make_bundle, make_tagger

Tag = Callable[..., BulkReport]


class Killed(BaseException):
    """What a death looks like from inside."""


class Watcher(BulkObserver):
    """Keeps what it is told, and dies or does something else after so many shards."""

    def __init__(self, *, die_after: int | None = None, then: Callable[[], object] | None = None) -> None:
        self.notices: list[str] = []
        self.steps: list[Progress] = []
        self._die_after = die_after
        self._then = then

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def progressed(self, progress: Progress) -> None:
        self.steps.append(progress)
        if self._then is not None and len(self.steps) == 1:
            self._then()
        if len(self.steps) == self._die_after:
            raise Killed


@pytest.fixture
def tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tag:
    """Run a job in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()

    def run(files, output, *, column=None, to=None, format=None, options=None, observer=None, **more):
        named = [Path(file) for file in ([files] if isinstance(files, str) else files)]
        found = find_inputs(named, output=output, column=column, format=format, options=options)
        request = Request(
            found=found,
            output=choose_output(output, to=to, inputs=found.inputs),
            model=tmp_path / "model",
            **{"shard_rows": 3, "load": make_tagger, **more},
        )
        return run_job(request, observer=observer)

    return run


def left(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but inputs and models."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("in.")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


class Silent:
    """A tagger that finds nothing, and costs nothing."""

    bundle = make_bundle()

    def tag(self, document: Document) -> Document:
        return document

    def tag_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        yield from documents
