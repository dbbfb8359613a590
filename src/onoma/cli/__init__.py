"""The command line: one module per command, each parses, calls one function and prints."""

from onoma.cli.app import app, main

__all__ = ["app", "main"]
