"""The identity of a run, which is compared to detect that a run is resumed with other settings, data or code."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec
import torch

from onoma.engine.config import SETTINGS_WITHOUT_EFFECT
from onoma.engine.dtype import Dtype
from onoma.errors import InputError
from onoma.io.changes import changes
from onoma.io.digest import code_digest
from onoma.io.files import replacing_bytes
from onoma.version import __version__

IDENTITY = "run.json"

_CODE = (
    "text", "schemes", "corpora", "encoding", "tasks", "metrics",
    "tagger", "evaluation", "baselines", "models", "engine", "training", "pretraining",
)  # fmt: skip
_PACKAGES = ("numpy", "tokenizers", "torch")
_HARMLESS_KEYS = re.compile(
    r"machine\.|settings\.data\.test|settings\.task\.[^.]+\.test"
    rf"|settings\.training\.({'|'.join((*SETTINGS_WITHOUT_EFFECT, 'patience', 'recompute'))})"
)
_DIGEST_COVERED_KEYS = re.compile(r"settings\.(output|data\.(train|dev|text|held_out)|task\.[^.]+\.(train|dev))")


class RunIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that determines the trained weights of a run.

    Attributes:
        settings: configuration, as given by the user.
        data: digest of each part of the data.
        encoder: digest of the encoder that training starts from; empty if there is none.
        dtype: chosen dtype of the matrix products; for ``auto`` it depends on a measurement.
        versions: versions of packages and of onoma, the latter with a digest of the code that affects the weights.
        machine: properties of the machine that may change the last digits of the weights.
    """

    settings: dict[str, object]
    data: dict[str, str]
    encoder: str
    dtype: Literal["fp32", "bf16", "fp16"]
    versions: dict[str, str]
    machine: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two identities.

    Attributes:
        text: description of the difference, for messages to the user.
        harmless: whether the run may be resumed in spite of it.
    """

    text: str
    harmless: bool


def make_identity(
    settings: Mapping[str, object],
    *,
    data: Mapping[str, str],
    encoder: str,
    dtype: Dtype,
    device: torch.device,
    processes: int,
) -> RunIdentity:
    """Return the identity of a run that starts now on this machine.

    Args:
        settings: configuration as JSON-compatible values.
        data: digest of each part of the data.
        encoder: digest of the encoder that training starts from; empty if there is none.
        dtype: chosen dtype.
        device: device to train on.
        processes: number of processes that train together.
    """
    return RunIdentity(
        settings=dict(settings),
        data=dict(data),
        encoder=encoder,
        dtype=dtype.name,
        versions=code_versions(),
        machine=machine(device, processes=processes),
    )


def code_versions() -> dict[str, str]:
    """Return the versions for an identity: of onoma, with a digest of its code, and of packages."""
    return {"onoma": f"{__version__} ({code_digest(_CODE)[:12]})", **{name: version(name) for name in _PACKAGES}}


def machine(device: torch.device, *, processes: int) -> dict[str, str]:
    """Return the properties of this machine for an identity."""
    return {
        "processor": f"{platform.machine()} with {torch.backends.cpu.get_cpu_capability()}",
        "threads": str(torch.get_num_threads()),
        "processes": str(processes),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
    }


def differences(before: RunIdentity, now: RunIdentity) -> list[Change]:
    """Return the differences between two identities, sorted by key."""
    old, new = (dict(_iter_leaves(msgspec.structs.asdict(each))) for each in (before, now))
    return [
        Change(f"{key.removeprefix('settings.')}: {change}", harmless=_HARMLESS_KEYS.match(key) is not None)
        for key, change in sorted(changes(old, new).items())
        if not _DIGEST_COVERED_KEYS.fullmatch(key)
    ]


def read_identity(run: Path) -> RunIdentity | None:
    """Read the identity of an unfinished run; return None if there is none.

    Raises:
        InputError: the file of the identity cannot be read.
    """
    path = run / IDENTITY
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunIdentity)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: cannot be read ({error}); pass --overwrite to start again") from error


def write_identity(identity: RunIdentity, run: Path) -> None:
    """Write the identity of a run atomically."""
    with replacing_bytes(run / IDENTITY) as file:
        file.write(msgspec.json.format(msgspec.json.encode(identity), indent=2) + b"\n")


def _iter_leaves(tree: Mapping[str, object], *, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _iter_leaves(value, prefix=f"{prefix}{key}.")
        elif isinstance(value, list) and value and all(isinstance(each, dict) and "name" in each for each in value):
            yield from _iter_leaves({each["name"]: each for each in value}, prefix=f"{prefix}{key}.")
        else:
            yield prefix + key, value
