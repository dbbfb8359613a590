"""The command-line interface: one module per command, which parses arguments, calls a function, prints the result."""

from onoma.cli.app import app, main

__all__ = ["app", "main"]
