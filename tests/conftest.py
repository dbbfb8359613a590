"""What all tests share: shapes are checked as they run."""

from __future__ import annotations

from jaxtyping import install_import_hook

install_import_hook(["onoma.models", "onoma.training", "onoma.export"], "beartype.beartype")
