"""Heads, which map hidden states to the scores of a task and compute its loss."""

from collections.abc import Mapping
from types import MappingProxyType

from onoma.models.heads.crf import CrfHead
from onoma.models.heads.head import AffineHead, Head, HeadSettings, SentenceBounds, TagHead
from onoma.models.heads.linear import LinearHead
from onoma.models.heads.sentences import SentenceHead
from onoma.models.heads.span import SpanHead
from onoma.models.heads.words import WordHead
from onoma.tasks import AnyTask, SentenceTask, SpanTask, WordTask

TAG_HEADS: Mapping[str, type[TagHead]] = MappingProxyType({"linear": LinearHead, "crf": CrfHead})
"""Tag heads by the names that configurations and bundles use."""

HEADS: Mapping[str, type[TagHead] | type[SpanHead]] = MappingProxyType({**TAG_HEADS, "span": SpanHead})
"""All entity heads by name."""


def make_head(name: str, hidden: int, task: AnyTask, settings: HeadSettings) -> AffineHead:
    """Create a new head for a task; the only head for word and sentence tasks is called ``linear``.

    Raises:
        ValueError: the head does not support the task.
    """
    if isinstance(task, WordTask | SentenceTask) and name == "linear":
        return WordHead(hidden, task, settings) if isinstance(task, WordTask) else SentenceHead(hidden, task, settings)
    if isinstance(task, WordTask | SentenceTask) or isinstance(task, SpanTask) != (name == "span"):
        raise ValueError(f"the head {name} is not one of a {type(task).__name__}")
    return SpanHead(hidden, task, settings) if isinstance(task, SpanTask) else TAG_HEADS[name](hidden, task, settings)


__all__ = [
    "HEADS",
    "TAG_HEADS",
    "AffineHead",
    "CrfHead",
    "Head",
    "HeadSettings",
    "LinearHead",
    "SentenceHead",
    "SentenceBounds",
    "SpanHead",
    "TagHead",
    "WordHead",
    "make_head",
]
