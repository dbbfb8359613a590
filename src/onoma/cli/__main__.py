"""``python -m onoma.cli`` is ``onoma``."""

from onoma.cli import main

main()
