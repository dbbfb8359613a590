"""A bundle -> what it is in a few lines, for the model card and for ``onoma info``."""

from __future__ import annotations

from collections.abc import Iterator

from onoma.bundle import Bundle, CalibrationCard


def model_summary(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Names and values: tasks, encoder, window, calibration, data, and files with their dtypes."""
    manifest, origin = bundle.manifest, bundle.manifest.provenance
    for name, task in manifest.tasks.items():
        yield name, f"{', '.join(task.labels)}; scheme {task.scheme}, head {task.head}"
        if task.calibration is not None:
            yield from _calibration(task.calibration)
    yield "encoder", f"{manifest.encoder.name} ({manifest.encoder.family})"
    yield "window", f"{manifest.window.size} subwords, overlap {manifest.window.overlap}"
    for part, data in origin.data.items():
        yield part, f"{data.name}: {data.documents:,} documents, {data.entities:,} entities"
    for reason, count in origin.dropped.items():
        yield "left out", f"{count:,} annotations: {reason}"
    for name, size in manifest.files.items():
        yield name, f"{size / 1e6:,.1f} MB"
    default = f"; default {manifest.dtype or bundle.dtypes[0]}" if len(bundle.dtypes) > 1 else ""
    yield "dtypes", (", ".join(bundle.dtypes) or "none") + default


def _calibration(card: CalibrationCard) -> Iterator[tuple[str, str]]:
    parameters = f"temperature {card.temperature:.2f}, slope {card.slope:.2f}, intercept {card.intercept:+.2f}"
    errors = f"calibration error {card.error_before:.3f} before, {card.error_after:.3f} after"
    yield "calibration", f"{parameters}, fitted on {card.data or 'documents'}: {errors}"
    if card.thresholds:
        scores = ", ".join(f"{label} {score:.3f}" for label, score in card.thresholds.items())
        yield "thresholds", f"{scores}; entities with a lower score are left out"
