"""Summary of a bundle in a few lines, and its model card in Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from onoma.bundle import (
    AUTO,
    ENTITIES,
    Bundle,
    CalibrationCard,
    EntityCard,
    SpansCard,
    TagsCard,
    TaskCard,
    WordsCard,
    load_bundle,
)
from onoma.counting import counted, counted_entities
from onoma.metrics import CONVENTIONS, Interval, percent, percent_range
from onoma.views.curve import curve_section

_BASELINE_DESCRIPTIONS = {
    "crf": "a linear-chain CRF over features of words",
    "bilstm": "a BiLSTM-CRF over words and their characters",
    "gazetteer": "the longest match of the training text's entities",
}

_SPECIAL_CHARACTERS = re.compile(r"[\\`*_\[\]<>|#$~]")


def write_card(folder: Path, *, name: str) -> None:
    """Write the model card ``README.md``: labels, training data, scores and the course of training."""
    bundle = load_bundle(folder)
    scores_by_part = bundle.manifest.provenance.figures
    entity_scores = {part: scores for part, scores in scores_by_part.items() if "f1" in scores}
    lines = [
        "---",
        "library_name: onoma",
        "pipeline_tag: token-classification",
        "---",
        "",
        f"# {literal(name)}",
        "",
        f"A named-entity recognition model that finds {_join_names(bundle.labels)}.",
        *_describe_further_tasks(bundle),
        _describe_origin(bundle),
        "",
        "```python",
        "import onoma",
        "",
        f"tagger = onoma.load({json.dumps(name, ensure_ascii=False)})",
        'document = tagger.tag("...")',
        "```",
        "",
    ]
    lines += ["## Model", "", "| | |", "|---|---|"]
    lines += [f"| {literal(key)} | {literal(value)} |" for key, value in model_summary(bundle)]
    lines.append("")
    if entity_scores:
        lines += [
            "## Figures",
            "",
            f"{CONVENTIONS['exact'].name}, in %.",
            "",
            "| part | precision | recall | F1 |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {literal(part)} | {percent(scores['precision'])} | {percent(scores['recall'])} | {_format_f1(scores)} |"
            for part, scores in entity_scores.items()
        ]
        lines.append("")
        if any("f1_low" in scores for scores in entity_scores.values()):
            lines += ["In brackets: the 95 % interval of F1 on other texts of the same kind.", ""]
    other_scores = [
        (part, name, value) for part, scores in scores_by_part.items() for name, value in scores.items() if "." in name
    ]
    if other_scores:
        lines += ["## Figures of further tasks", "", "In %.", "", "| part | figure | value |", "|---|---|--:|"]
        lines += [f"| {literal(part)} | {literal(name)} | {percent(value)} |" for part, name, value in other_scores]
        lines.append("")
    lines += [
        *curve_section(folder, caption="Loss and dev F1 by epoch"),
        "## Limits",
        "",
        "It works on the kinds of text and names that it was trained on.",
        "Measure it on your own text before you rely on it.",
        "",
    ]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _describe_origin(bundle: Bundle) -> str:
    baseline = bundle.manifest.baseline
    if baseline is None:
        return f"It was fine-tuned with onoma from the encoder {literal(bundle.manifest.encoder.name)}."
    return f"It is a baseline without an encoder, trained with onoma: {_BASELINE_DESCRIPTIONS[baseline]}."


def _format_f1(scores: Mapping[str, float]) -> str:
    """Return F1 as text, with its interval if that was measured."""
    if "f1_low" not in scores:
        return percent(scores["f1"])
    return f"{percent(scores['f1'])} ({percent_range(Interval(scores['f1_low'], scores['f1_high']))})"


def _join_names(names: tuple[str, ...]) -> str:
    *others, last = map(literal, names)
    return f"{', '.join(others)} and {last}" if others else last


def literal(text: str) -> str:
    """Return text on one line, with Markdown's special characters escaped."""
    return _SPECIAL_CHARACTERS.sub(r"\\\g<0>", " ".join(text.split()))


def model_summary(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield names and values: tasks, encoder, window, calibration, data, training, and files with their dtypes."""
    manifest, provenance = bundle.manifest, bundle.manifest.provenance
    for name, task in manifest.tasks.items():
        yield name, f"{', '.join(task.labels)}; {_describe_predictions(task)}, head {task.head}"
        if isinstance(task, EntityCard) and task.calibration is not None:
            yield from _describe_calibration(task.calibration)
    if manifest.baseline is None:
        window = manifest.window
        documents_note = "" if window.documents == AUTO else f", trained with documents {window.documents}"
        yield "encoder", f"{manifest.encoder.name} ({manifest.encoder.family})"
        yield "window", f"{window.size} subwords, overlap {window.overlap}{documents_note}"
    else:
        yield "baseline", f"{manifest.baseline}: {_BASELINE_DESCRIPTIONS[manifest.baseline]}"
    for part, data in provenance.data.items():
        annotations = counted(data.entities, "label") if "." in part else counted_entities(data.entities)
        yield part, f"{data.name}: {counted(data.documents, 'document')}, {annotations}"
    yield from _describe_training(provenance.settings.get("training"))
    for reason, count in provenance.dropped.items():
        yield "left out", f"{counted(count, 'annotation')}: {reason}"
    for name, size in manifest.files.items():
        yield name, f"{size / 1e6:,.1f} MB"
    if manifest.baseline is not None:
        return
    default = f"; default {manifest.dtype or bundle.dtypes[0]}" if len(bundle.dtypes) > 1 else ""
    yield "dtypes", (", ".join(bundle.dtypes) or "none") + default


def _describe_training(settings: object) -> Iterator[tuple[str, str]]:
    """Yield the training settings, if the number of epochs, the learning rate and the batch size are known."""
    if not isinstance(settings, Mapping):
        return
    epochs, rate, batch, dtype, device = (
        settings.get(key) for key in ("epochs", "learning_rate", "batch_subwords", "dtype", "device")
    )
    if epochs and rate and batch:
        yield (
            "training",
            f"at most {counted(epochs, 'epoch')}, learning rate {rate:.2g}, batches of {batch}, {dtype} on {device}",
        )


def _describe_predictions(task: TaskCard) -> str:
    """Return the form of a task's predictions as text."""
    if isinstance(task, SpansCard):
        return f"{task.overlaps} spans"
    if isinstance(task, TagsCard):
        return f"scheme {task.scheme}"
    return "a label for each word" if isinstance(task, WordsCard) else "a label for each sentence"


def _describe_further_tasks(bundle: Bundle) -> Iterator[str]:
    names = [name for name in bundle.manifest.tasks if name != ENTITIES]
    if names:
        yield f"In the same pass it predicts the layers {_join_names(tuple(names))}."


def _describe_calibration(card: CalibrationCard) -> Iterator[tuple[str, str]]:
    parameters = f"temperature {card.temperature:.2f}, slope {card.slope:.2f}, intercept {card.intercept:+.2f}"
    errors = f"calibration error {card.error_before:.3f} before, {card.error_after:.3f} after"
    yield "calibration", f"{parameters}, fitted on {card.data or 'documents'}: {errors}"
    if card.thresholds:
        scores = ", ".join(f"{label} {score:.3f}" for label, score in card.thresholds.items())
        yield "thresholds", f"{scores}; entities with a lower score are left out; training measured F1 without them"
