"""The folder that ships: manifest, tokenizer, weights and model card.

This module knows the folder's layout, not how weights are run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from tokenizers import Tokenizer

from onoma.bundle.manifest import FORMAT, Manifest
from onoma.decoding import Decoder
from onoma.encoding import Aligner, Framing
from onoma.errors import BundleError
from onoma.schemes import SCHEMES

MANIFEST = "onoma.json"
TOKENIZER = "tokenizer.json"
ONNX = "model.onnx"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A recogniser without its weights.

    Attributes:
        manifest: what it is.
        tokenizer: the encoder's own.
        folder: where it lies; None while it is being trained.
    """

    manifest: Manifest
    tokenizer: Tokenizer
    folder: Path | None = None

    def framing(self) -> Framing:
        """How it cuts documents."""
        window = self.manifest.window
        return Framing(Aligner(self.tokenizer), window=window.size, overlap=window.overlap)

    def decoder(self) -> Decoder:
        """How it reads entities out of tag scores."""
        return Decoder(scheme=SCHEMES[self.manifest.scheme], labels=self.manifest.labels)

    def weights(self, name: str) -> Path | None:
        """The path of a weight file, or None where the bundle has none of this name.

        Raises:
            BundleError: the file is missing though the manifest names it, or has another size.
        """
        expected = self.manifest.files.get(name)
        if self.folder is None or expected is None:
            return None
        path = self.folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != expected:
            what = "is missing" if found is None else f"has {found:,} bytes"
            raise BundleError(f"{path}: the weight file {what}, {MANIFEST} says {expected:,}; copy the bundle again")
        return path


def load_bundle(folder: str | Path) -> Bundle:
    """Read a bundle's manifest and tokenizer.

    Raises:
        BundleError: the folder is no bundle, or one that is broken or newer than this version of onoma reads.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not folder.exists():
        raise BundleError(f"{folder}: there is no such folder; a model is a folder that `onoma train` has written")
    if not folder.is_dir():
        raise BundleError(f"{folder}: this is a file; a model is a folder that `onoma train` has written")
    if not path.is_file():
        raise BundleError(f"{folder}: holds no {MANIFEST}, so it is not a model that `onoma train` has written")
    return Bundle(_read_manifest(path), _read_tokenizer(folder / TOKENIZER), folder)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``onoma.json`` with the sizes of the weight files that lie beside it."""
    files = {name: (folder / name).stat().st_size for name in (ONNX, WEIGHTS) if (folder / name).is_file()}
    complete = manifest.model_copy(update={"files": files})
    text = complete.model_dump_json(indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _read_manifest(path: Path) -> Manifest:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        version = fields.get("format") if isinstance(fields, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise BundleError(
                f"{path}: format {version} is newer than {FORMAT}, the newest that this onoma reads; upgrade onoma"
            )
        return Manifest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BundleError(f"{path}: {where}: {first['msg']}; the manifest is broken, copy the bundle again") from error
    except ValueError as error:
        raise BundleError(f"{path}: is not JSON in UTF-8 ({error}); copy the bundle again") from error


def _read_tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}; copy the bundle again") from error
    except Exception as error:  # the Rust library raises nothing more precise
        raise BundleError(f"{path}: cannot be read as a tokenizer ({error}); copy the bundle again") from error
