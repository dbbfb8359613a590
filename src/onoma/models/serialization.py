"""Saving and loading of models as folders in Hugging Face layout.

``AutoModelForTokenClassification.from_pretrained(folder)`` gives the same scores for a model with a linear head. Only
:func:`save_encoder` writes the tokenizer as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from safetensors.torch import save
from torch import Tensor

from onoma.bundle import ENTITIES
from onoma.errors import BundleError, EncoderError
from onoma.models.encoder import Encoder
from onoma.models.families import FAMILIES, build_encoder, covers, named_weights
from onoma.models.heads import HEADS, AffineHead, Head, HeadSettings, make_head
from onoma.models.model import Model
from onoma.models.pretrained import Pretrained, read_hf_config
from onoma.models.remote_code import without_code
from onoma.models.tokenizer import save_tokenizer
from onoma.models.transformers_encoder import classifier_of, load_auto
from onoma.models.weights import find_weights, read_weights
from onoma.schemes import SCHEMES, parse_tag
from onoma.tasks import AnyTask, EntityTask, Overlaps, SentenceTask, SpanTask, TagTask, WordTask

_HEAD_FIELD = "onoma_head"
_SPANS_FIELD = "onoma_spans"
_TASKS_FIELD = "onoma_tasks"
_DROPPED_FIELDS = ("torch_dtype", "transformers_version", _HEAD_FIELD, _SPANS_FIELD, _TASKS_FIELD)
_HEAD_NAMES = {"affine.weight": "classifier.weight", "affine.bias": "classifier.bias"}


def save_model(
    model: Model,
    folder: Path,
    *,
    task: EntityTask,
    other_tasks: Mapping[str, AnyTask] | None = None,
    pretrained: Pretrained,
) -> None:
    """Write ``model.safetensors`` and ``config.json``.

    Args:
        model: model to save, in fp32.
        folder: an existing folder.
        task: task of the entity head.
        other_tasks: tasks of the other heads, by name.
        pretrained: pre-trained model that training started from; fields of its configuration are kept.
    """
    head = _get_head(model, ENTITIES, task)
    name = next(name for name, kind in HEADS.items() if type(head) is kind)
    names = task.tags if isinstance(task, TagTask) else task.labels
    fields: dict[str, Any] = {
        "id2label": {str(number): each for number, each in enumerate(names)},
        "label2id": {each: number for number, each in enumerate(names)},
    }
    if isinstance(task, SpanTask):
        fields[_SPANS_FIELD] = _describe_spans(task)
    weights = _rename_head_weights(head, ENTITIES)
    for other_name, other_task in (other_tasks or {}).items():
        other_head = _get_head(model, other_name, other_task)
        weights |= _rename_head_weights(other_head, other_name)
        fields.setdefault(_TASKS_FIELD, {})[other_name] = _describe_head(other_task, other_head)
    if isinstance(model.encoder, Encoder):
        family = FAMILIES[pretrained.family]
        weights |= named_weights(model.encoder, family)
        classifier: str | None = family.classifier
    else:
        weights |= model.encoder.named_weights()
        classifier = classifier_of(dict(pretrained.hf_config) | fields, frozenset(weights))
    fields |= {
        "architectures": [classifier] if classifier and name == "linear" else [],
        "dtype": "float32",
        "classifier_dropout": head.dropout.p,
        _HEAD_FIELD: name,
    }
    save_weights(folder, weights, pretrained.hf_config, fields)


def save_encoder(pretrained: Pretrained, folder: Path) -> None:
    """Write an encoder of the BERT family without a head, and its tokenizer, to an existing folder.

    Raises:
        EncoderError: the encoder is not of the BERT family.
    """
    if not isinstance(pretrained.encoder, Encoder):
        raise EncoderError(f"encoder {pretrained.name!r} is a {pretrained.family}; only the BERT family can be saved")
    family = FAMILIES[pretrained.family]
    fields = {"architectures": [], "dtype": "float32"}
    save_weights(folder, named_weights(pretrained.encoder, family), pretrained.hf_config, fields)
    save_tokenizer(pretrained.tokenizer, folder, longest=pretrained.longest)


def load_model(folder: Path) -> Model:
    """Load a model that :func:`save_model` wrote, or any model with a linear head over words in Hugging Face layout.

    Returns:
        The model in evaluation mode, on the CPU.

    Raises:
        BundleError: a file is missing, is truncated or contradicts another.
    """
    try:
        config = read_hf_config(folder)
        weights = read_weights(find_weights(folder))
        encoder = build_encoder(config, weights) if covers(config) else load_auto(folder, hf_config=config)
        heads = {ENTITIES: _load_entity_head(config, weights, hidden=encoder.hidden)}
        for name, fields in _parse_task_heads(config).items():
            heads[name] = _load_task_head(name, fields, weights, hidden=encoder.hidden)
        return Model(encoder, heads).eval()
    except EncoderError as error:
        raise BundleError(f"{folder}: the model cannot be read: {error}") from error


def _inherited_fields(hf_config: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of the original configuration that still apply to the saved model, without those for code."""
    return {key: value for key, value in without_code(hf_config).items() if key not in _DROPPED_FIELDS}


def save_weights(
    folder: Path, weights: Mapping[str, Tensor], hf_config: Mapping[str, object], fields: Mapping[str, object]
) -> None:
    """Write ``model.safetensors`` and ``config.json`` to an existing folder.

    Args:
        folder: folder to write to.
        weights: tensors under Hugging Face's names; saved in fp32.
        hf_config: configuration of the model that training started from.
        fields: new and changed fields of the configuration.
    """
    config = _inherited_fields(hf_config) | dict(fields)
    contiguous = {name: tensor.detach().float().cpu().contiguous() for name, tensor in weights.items()}
    # `save_file` is not used, because it creates a file that only its owner may read.
    (folder / "model.safetensors").write_bytes(save(contiguous, metadata={"format": "pt"}))
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def _get_head(model: Model, name: str, task: AnyTask) -> AffineHead:
    head = model.head(name)
    assert isinstance(head, AffineHead)
    if head.affine.out_features != task.shape[0]:
        raise ValueError(f"{task.shape[0]} scores of a word for the {head.affine.out_features} of the head {name}")
    return head


def _rename_head_weights(head: Head, task: str) -> dict[str, Tensor]:
    return {_saved_name(ours, task): tensor for ours, tensor in head.state_dict().items()}


def _saved_name(ours: str, task: str) -> str:
    return _HEAD_NAMES.get(ours, f"head.{ours}") if task == ENTITIES else f"heads.{task}.{ours}"


def _describe_spans(task: SpanTask) -> dict[str, object]:
    return {"size": task.size, "widest": task.widest, "overlaps": task.overlaps}


def _describe_head(task: AnyTask, head: AffineHead) -> dict[str, object]:
    """Return the description of a head other than the entity head for ``config.json``."""
    if isinstance(task, WordTask | SentenceTask):
        return {"kind": "words" if isinstance(task, WordTask) else "sentences", "labels": list(task.labels)}
    name = next(name for name, kind in HEADS.items() if type(head) is kind)
    if isinstance(task, SpanTask):
        return {"kind": name, "labels": list(task.labels), "spans": _describe_spans(task)}
    return {"kind": name, "labels": list(task.tags)}


def _load_entity_head(config: Mapping[str, object], weights: Mapping[str, Tensor], *, hidden: int) -> Head:
    name = str(config.get(_HEAD_FIELD, "linear"))
    if name not in HEADS:
        raise EncoderError(f"config.json: unknown head {name!r}; choose one of {', '.join(HEADS)}")
    labels, dropout = config.get("id2label"), config.get("classifier_dropout")
    if not isinstance(labels, dict):
        raise EncoderError("config.json: has no id2label, so it is an encoder without a head")
    settings = HeadSettings(dropout=float(dropout) if isinstance(dropout, int | float) else 0.1)
    head = make_head(name, hidden, _make_task(list(map(str, labels.values())), config.get(_SPANS_FIELD)), settings)
    return _load_weights(head, weights, task=ENTITIES)


def _parse_task_heads(config: Mapping[str, object]) -> Mapping[str, _TaskHeadConfig]:
    """Parse the descriptions of the heads other than the entity head, by name, from ``config.json``."""
    try:
        return msgspec.convert(config.get(_TASKS_FIELD, {}), dict[str, _TaskHeadConfig])
    except msgspec.ValidationError as error:
        raise EncoderError(f"config.json: {_TASKS_FIELD}: {error}") from error


def _load_task_head(name: str, fields: _TaskHeadConfig, weights: Mapping[str, Tensor], *, hidden: int) -> Head:
    if fields.kind in HEADS:
        head = make_head(fields.kind, hidden, _make_task(fields.labels, fields.spans), HeadSettings())
    elif fields.kind in ("words", "sentences"):
        task = WordTask(fields.labels) if fields.kind == "words" else SentenceTask(fields.labels)
        head = make_head("linear", hidden, task, HeadSettings())
    else:
        raise EncoderError(f"config.json: {_TASKS_FIELD}: unknown kind {fields.kind!r} of {name}")
    return _load_weights(head, weights, task=name)


def _load_weights(head: Head, weights: Mapping[str, Tensor], *, task: str) -> Head:
    state = {ours: weights.get(_saved_name(ours, task)) for ours in head.state_dict()}
    for ours, tensor in state.items():
        expected = head.state_dict()[ours].shape
        if tensor is None or tensor.shape != expected:
            problem = "missing" if tensor is None else f"of shape {list(tensor.shape)}"
            suffix = "" if task == ENTITIES else f" of {task}"
            raise EncoderError(f"the head's {ours}{suffix} is {problem}, config.json asks for {list(expected)}")
    head.load_state_dict(state)
    return head


class _TaskHeadConfig(msgspec.Struct):
    """Description of a head other than the entity head in ``config.json``."""

    kind: str
    labels: list[str]
    spans: object = None


class _SpanConfig(msgspec.Struct):
    """Description of a span task in ``config.json``."""

    size: int
    widest: int
    overlaps: Overlaps


def _make_task(tags: Sequence[str], spans: object) -> EntityTask:
    """Return the task with these tags.

    If onoma would name or order the tags differently, only the number of tags is used, and the labels are numbers.

    Args:
        tags: names of the tags, or of the labels of spans.
        spans: description of a span task; None for a tag task.
    """
    if spans is not None:
        try:
            config = msgspec.convert(spans, _SpanConfig)
        except msgspec.ValidationError as error:
            raise EncoderError(f"config.json: {_SPANS_FIELD}: {error}") from error
        return SpanTask(tags, size=config.size, widest=config.widest, overlaps=config.overlaps)
    labels = list(dict.fromkeys(parse_tag(tag).label for tag in tags if "-" in tag))
    for scheme in (SCHEMES["BIO"], SCHEMES["BIOES"]):
        if list(scheme.tags(tuple(labels))) == list(tags):
            return TagTask(labels, scheme=scheme)
    return TagTask([str(number) for number in range(1, len(tags))], scheme=SCHEMES["IO"])
