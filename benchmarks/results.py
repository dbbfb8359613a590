"""Location of the corpora, and writing of results with the command, the machine and the date."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from onoma.machine import available_cores, find_processor

DATA = Path(os.environ.get("ONOMA_DATA", Path(__file__).parents[2] / "shared" / "data"))
"""Folder of the corpora."""

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("onoma", "torch", "transformers", "onnxruntime", "tokenizers", "numpy")


def write_result(name: str, figures: Mapping[str, object]) -> None:
    """Print results and write them to ``benchmarks/results/NAME.json``."""
    result = {
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_without_folder, sys.argv[1:])]),
        "date": datetime.now(tz=UTC).date().isoformat(),
        "machine": machine(),
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def machine() -> dict[str, object]:
    """Return the processor, the number of cores usable by this process, and the versions of relevant packages."""
    processor = find_processor()
    return {
        "processor": processor.name,
        "amx_visible": processor.has_amx,
        "cores": available_cores(),
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median, minimum and maximum of some values."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _without_folder(argument: str) -> str:
    """Return an argument with an absolute path reduced to its name, to keep private folder names out of results."""
    path = Path(argument)
    return path.name if path.is_absolute() else argument
