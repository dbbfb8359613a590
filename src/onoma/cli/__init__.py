"""The command line: one module per command; each parses its arguments, calls one function and prints the result."""

from onoma.cli.app import app, main

__all__ = ["app", "main"]
