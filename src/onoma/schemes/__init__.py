"""Tagging schemes, and the conversion between tag sequences and chunks of words."""

from onoma.schemes.scheme import ALIASES, OUTSIDE, PREFIXES, SCHEMES, Scheme, get_scheme
from onoma.schemes.tags import (
    Chunk,
    Transition,
    decode_tags,
    detect_scheme,
    encode_tags,
    has_prefix,
    parse_tag,
)

__all__ = [
    "ALIASES",
    "OUTSIDE",
    "PREFIXES",
    "SCHEMES",
    "Chunk",
    "Scheme",
    "Transition",
    "decode_tags",
    "detect_scheme",
    "encode_tags",
    "get_scheme",
    "has_prefix",
    "parse_tag",
]
