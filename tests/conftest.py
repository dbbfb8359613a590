"""What all tests share: shapes are checked as they run, and no test fails because the machine is slow."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import hypothesis
import pytest
from jaxtyping import install_import_hook

SHAPED = ["onoma.models", "onoma.training", "onoma.export", "onoma.explanation.gradients"]
install_import_hook(SHAPED, "beartype.beartype")

hypothesis.settings.register_profile("without a deadline", deadline=None)
hypothesis.settings.load_profile("without a deadline")

# A shell that runs the tests in the background has them, and whatever they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither find what earlier ones have cached nor leave anything in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONOMA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
