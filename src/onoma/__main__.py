"""Entry point of ``python -m onoma``, which is the same as the command ``onoma``."""

from onoma.cli import main

main()
