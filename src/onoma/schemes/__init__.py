"""Tagging schemes, and the conversion between tag sequences and chunks of words."""

from onoma.schemes.scheme import ALIASES, OUTSIDE, SCHEMES, Scheme, get_scheme
from onoma.schemes.tags import (
    Chunk,
    Decoded,
    Detection,
    count_steps,
    decode_tags,
    detect_from_steps,
    detect_scheme,
    encode_tags,
    has_prefix,
    parse_tag,
)

__all__ = [
    "ALIASES",
    "OUTSIDE",
    "SCHEMES",
    "Chunk",
    "Decoded",
    "Detection",
    "Scheme",
    "count_steps",
    "decode_tags",
    "detect_from_steps",
    "detect_scheme",
    "encode_tags",
    "has_prefix",
    "parse_tag",
    "get_scheme",
]
