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
from onoma.metrics import CONVENTIONS, Interval, percent, percent_range
from onoma.views.curve import curve_section

_BASELINES = {
    "crf": "a linear-chain CRF over features of words",
    "bilstm": "a BiLSTM-CRF over words and their characters",
    "gazetteer": "the longest match of the training text's entities",
}

_SPECIAL = re.compile(r"[\\`*_\[\]<>|#$~]")


def write_card(folder: Path, *, name: str) -> None:
    """Write the model card ``README.md``: labels, training data, scores and the course of training."""
    bundle = load_bundle(folder)
    figures = bundle.manifest.provenance.figures
    of_entities = {part: of for part, of in figures.items() if "f1" in of}
    lines = [
        "---",
        "library_name: onoma",
        "pipeline_tag: token-classification",
        "---",
        "",
        f"# {literal(name)}",
        "",
        f"A named-entity recognition model that finds {_listed(bundle.labels)}.",
        *_further_tasks(bundle),
        _origin(bundle),
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
    if of_entities:
        lines += [
            "## Figures",
            "",
            f"{CONVENTIONS['exact'].name}, in %.",
            "",
            "| part | precision | recall | F1 |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {literal(part)} | {percent(of['precision'])} | {percent(of['recall'])} | {_f1(of)} |"
            for part, of in of_entities.items()
        ]
        lines.append("")
        if any("f1_low" in of for of in of_entities.values()):
            lines += ["In brackets: the 95 % interval of F1 on other texts of the same kind.", ""]
    further = [(part, name, value) for part, of in figures.items() for name, value in of.items() if "." in name]
    if further:
        lines += ["## Figures of further tasks", "", "In %.", "", "| part | figure | value |", "|---|---|--:|"]
        lines += [f"| {literal(part)} | {literal(name)} | {percent(value)} |" for part, name, value in further]
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


def _origin(bundle: Bundle) -> str:
    baseline = bundle.manifest.baseline
    if baseline is None:
        return f"It was fine-tuned with onoma from the encoder {literal(bundle.manifest.encoder.name)}."
    return f"It is a baseline without an encoder, trained with onoma: {_BASELINES[baseline]}."


def _f1(figures: Mapping[str, float]) -> str:
    """Return F1 as text, with its interval if that was measured."""
    if "f1_low" not in figures:
        return percent(figures["f1"])
    return f"{percent(figures['f1'])} ({percent_range(Interval(figures['f1_low'], figures['f1_high']))})"


def _listed(labels: tuple[str, ...]) -> str:
    *others, last = map(literal, labels)
    return f"{', '.join(others)} and {last}" if others else last


def literal(text: str) -> str:
    """Return text on one line, with Markdown's special characters escaped."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def model_summary(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield names and values: tasks, encoder, window, calibration, data, training, and files with their dtypes."""
    manifest, origin = bundle.manifest, bundle.manifest.provenance
    for name, task in manifest.tasks.items():
        yield name, f"{', '.join(task.labels)}; {_how(task)}, head {task.head}"
        if isinstance(task, EntityCard) and task.calibration is not None:
            yield from _calibration(task.calibration)
    if manifest.baseline is None:
        window = manifest.window
        joined = "" if window.documents == AUTO else f", trained with documents {window.documents}"
        yield "encoder", f"{manifest.encoder.name} ({manifest.encoder.family})"
        yield "window", f"{window.size} subwords, overlap {window.overlap}{joined}"
    else:
        yield "baseline", f"{manifest.baseline}: {_BASELINES[manifest.baseline]}"
    for part, data in origin.data.items():
        what = "labels" if "." in part else "entities"
        yield part, f"{data.name}: {data.documents:,} documents, {data.entities:,} {what}"
    yield from _training(origin.settings.get("training"))
    for reason, count in origin.dropped.items():
        yield "left out", f"{count:,} annotations: {reason}"
    for name, size in manifest.files.items():
        yield name, f"{size / 1e6:,.1f} MB"
    if manifest.baseline is not None:
        return
    default = f"; default {manifest.dtype or bundle.dtypes[0]}" if len(bundle.dtypes) > 1 else ""
    yield "dtypes", (", ".join(bundle.dtypes) or "none") + default


def _training(settings: object) -> Iterator[tuple[str, str]]:
    """Yield the training settings, if the number of epochs, the learning rate and the batch size are known."""
    if not isinstance(settings, Mapping):
        return
    epochs, rate, batch, dtype, device = (
        settings.get(key) for key in ("epochs", "learning_rate", "batch_subwords", "dtype", "device")
    )
    if epochs and rate and batch:
        yield "training", f"at most {epochs} epochs, learning rate {rate}, batches of {batch}, {dtype} on {device}"


def _how(task: TaskCard) -> str:
    """Return the form of a task's predictions as text."""
    if isinstance(task, SpansCard):
        return f"{task.overlaps} spans"
    if isinstance(task, TagsCard):
        return f"scheme {task.scheme}"
    return "a label for each word" if isinstance(task, WordsCard) else "a label for each sentence"


def _further_tasks(bundle: Bundle) -> Iterator[str]:
    names = [name for name in bundle.manifest.tasks if name != ENTITIES]
    if names:
        yield f"In the same pass it predicts the layers {_listed(tuple(names))}."


def _calibration(card: CalibrationCard) -> Iterator[tuple[str, str]]:
    parameters = f"temperature {card.temperature:.2f}, slope {card.slope:.2f}, intercept {card.intercept:+.2f}"
    errors = f"calibration error {card.error_before:.3f} before, {card.error_after:.3f} after"
    yield "calibration", f"{parameters}, fitted on {card.data or 'documents'}: {errors}"
    if card.thresholds:
        scores = ", ".join(f"{label} {score:.3f}" for label, score in card.thresholds.items())
        yield "thresholds", f"{scores}; entities with a lower score are left out"
