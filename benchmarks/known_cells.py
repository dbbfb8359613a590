"""Records of the finished runs of comparisons, of this or another machine, in ``results/NAME.jsonl.xz``.

`onoma compare` does not repeat a run whose record is in its folder, unless its settings or files have changed, or its
model is needed to measure speed and is not there.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from results import DATA, RESULTS

from onoma.io.files import replacing_bytes
from onoma.machine import find_processor

_RECORD = "cell.json"


def restore_cells(comparison: str, cells: Path, *, only: Collection[str] | None = None) -> None:
    """Write the known records of a comparison to the folders of those runs that have not been started here.

    Args:
        comparison: name of the comparison.
        cells: folder of the runs.
        only: names of the runs to restore; None for all.
    """
    for name, line in _known(comparison).items():
        folder = cells / name
        if not folder.exists() and (only is None or name in only):
            folder.mkdir(parents=True)
            (folder / _RECORD).write_text(json.dumps(line["record"]) + "\n", encoding="utf-8")


def keep_cells(comparison: str, cells: Path) -> None:
    """Add the records of finished runs to the known ones; a repeated run replaces the earlier one."""
    known = _known(comparison)
    for path in sorted(cells.glob(f"*/*/*/{_RECORD}")):
        name, record = path.parent.relative_to(cells).as_posix(), _without_data_folder(path)
        if not record["error"] and record != known.get(name, {}).get("record"):
            today = datetime.now(tz=UTC).date().isoformat()
            known[name] = {"cell": name, "processor": find_processor().name, "date": today, "record": record}
    if known:
        lines = [json.dumps(known[name], ensure_ascii=False, separators=(",", ":")) + "\n" for name in sorted(known)]
        with replacing_bytes(_file(comparison)) as file:
            file.write(lzma.compress("".join(lines).encode()))


def _known(comparison: str) -> dict[str, dict[str, Any]]:
    if not _file(comparison).exists():
        return {}
    lines = map(json.loads, lzma.decompress(_file(comparison).read_bytes()).splitlines())
    return {line["cell"]: line for line in lines}


def _file(comparison: str) -> Path:
    return RESULTS / f"{comparison}.jsonl.xz"


def _without_data_folder(path: Path) -> dict[str, Any]:
    """Read a record, with the paths of corpora relative to their folder."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").replace(f"{DATA}/", ""))
    return record
