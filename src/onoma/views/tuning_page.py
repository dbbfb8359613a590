"""Self-contained HTML page of a search: its findings in words, a table of the trials, and Optuna's plots."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import optuna
from optuna import visualization
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState
from plotly import graph_objects
from plotly.offline import get_plotlyjs

from onoma.io.files import replacing
from onoma.text.markup import escaped
from onoma.tuning import SearchSpace, TrialRecord, TuneResult, quiet
from onoma.tuning.sampler import distributions

_MIN_TRIALS_FOR_IMPORTANCE = 4

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src 'unsafe-inline' 'unsafe-eval'"
)
"""Content security policy: nothing is loaded. Plotly compiles functions to draw parallel coordinates."""

_STYLE = """
:root { color-scheme: light; }
body { max-width: 70rem; margin: 0 auto; padding: 2.5rem 1.25rem; font: 1rem/1.6 system-ui, sans-serif;
  color: #1b1d21; }
h1 { font-size: 1.375rem; } h2 { margin-top: 2.5rem; font-size: 1.125rem; }
table { border-collapse: collapse; font-size: .875rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #e3e5e9; text-align: start; vertical-align: top; }
td.number { text-align: end; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } .best { background: #eef6ee; }
"""


def write_tuning_page(path: Path, found: TuneResult, *, space: SearchSpace) -> None:
    """Write a self-contained page, which needs no network.

    Args:
        path: path of the page.
        found: result of the search.
        space: the search space.

    Raises:
        CorpusError: the file cannot be written.
    """
    with replacing(path, parents=True) as file:
        file.writelines(_page(found, space))


def _page(result: TuneResult, space: SearchSpace) -> Iterator[str]:
    figures = dict(_figures(result, space))
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT_SECURITY_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Search</title>\n<style>{_STYLE}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n<body>\n"
        "<h1>Search for settings</h1>\n"
    )
    yield from (f"<p>{escaped(text)}</p>\n" for text in (*result.statements(), *result.notes))
    for number, title in enumerate(figures):
        yield f'<h2>{escaped(title)}</h2>\n<div id="plot{number}"></div>\n'
    yield "<h2>Trials</h2>\n"
    yield _table(result, space)
    yield f"<script>{_plot_script(figures)}</script>\n</body>\n</html>\n"


def _figures(result: TuneResult, space: SearchSpace) -> Iterator[tuple[str, graph_objects.Figure]]:
    """Yield Optuna's plots by title, with F1 in percent."""
    with quiet():
        study = optuna.create_study(direction="maximize")
        study.add_trials(_list_optuna_trials(result.trials, space))
    finished = [trial for trial in result.trials if trial.state == "finished"]
    name = "F1 on dev"
    yield "History", visualization.plot_optimization_history(study, target=_f1_percent, target_name=name)
    if len(finished) >= _MIN_TRIALS_FOR_IMPORTANCE and len({trial.f1 for trial in finished}) > 1:
        evaluator = PedAnovaImportanceEvaluator()
        yield "Importance of settings", visualization.plot_param_importances(study, evaluator=evaluator)
    yield "Parallel coordinates", visualization.plot_parallel_coordinate(study, target=_f1_percent, target_name=name)
    yield "Each setting", visualization.plot_slice(study, target=_f1_percent, target_name=name)


def _list_optuna_trials(trials: Sequence[TrialRecord], space: SearchSpace) -> list[optuna.trial.FrozenTrial]:
    """Return trials for Optuna's plots, which number them by position; failed ones take the places of all others."""
    shown = {trial.shown_number: trial for trial in trials if trial.state in ("finished", "pruned")}
    failed = optuna.trial.create_trial(state=TrialState.FAIL)
    return [_to_optuna_trial(shown[number], space) if number in shown else failed for number in range(max(shown) + 1)]


def _to_optuna_trial(trial: TrialRecord, space: SearchSpace) -> optuna.trial.FrozenTrial:
    is_finished = trial.state == "finished"
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if is_finished else TrialState.PRUNED,
        value=trial.f1 if is_finished else None,
        params=dict(trial.params),
        distributions=distributions(space),
    )


def _f1_percent(trial: optuna.trial.FrozenTrial) -> float:
    assert trial.value is not None
    return 100 * trial.value


def _plot_script(figures: dict[str, graph_objects.Figure]) -> str:
    """Return the script that draws the plots."""
    lines = []
    for number, figure in enumerate(figures.values()):
        parts = json.loads(str(figure.to_json()))
        data, layout = (json.dumps(parts[name]).replace("</", "<\\/") for name in ("data", "layout"))
        lines.append(f'Plotly.newPlot("plot{number}", {data}, {layout}, {{responsive: true, displaylogo: false}});')
    return "\n".join(lines)


def _table(result: TuneResult, space: SearchSpace) -> str:
    keys = list(space.domains)
    head = "".join(f"<th>{escaped(name)}</th>" for name in ("trial", "state", "F1 on dev", "seconds", *keys, "reason"))
    rows = "".join(
        _row(trial, keys, is_best=trial is result.best) for trial in result.trials if trial.state != "given back"
    )
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n'


def _row(trial: TrialRecord, keys: list[str], *, is_best: bool) -> str:
    f1 = "" if trial.f1 is None else f"{100 * trial.f1:.2f}"
    number = f"{trial.shown_number}{' (the original run)' if trial.is_default else ''}"
    values = [_format_value(trial.params.get(key, "")) for key in keys]
    cells = [
        f"<td>{escaped(number)}</td><td>{trial.state}</td>",
        f'<td class="number">{f1}</td><td class="number">{trial.seconds:.0f}</td>',
        *(f"<td>{escaped(value)}</td>" for value in values),
        f"<td>{escaped(trial.reason)}</td>",
    ]
    class_attribute = ' class="best"' if is_best else ""
    return f"<tr{class_attribute}>{''.join(cells)}</tr>\n"


def _format_value(value: str | int | float | bool) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
