"""``python -m onoma`` is ``onoma``."""

from onoma.cli import main

main()
