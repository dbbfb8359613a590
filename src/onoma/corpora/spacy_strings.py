"""The numbers that stand for strings in spaCy's files: hashes, or for spaCy's own symbols their index in its list.

Source: 64-bit MurmurHash2, https://github.com/aappleby/smhasher; https://spacy.io/api/stringstore
"""

from __future__ import annotations

from collections.abc import Iterable

_SEED = 1
_FACTOR, _SHIFT, _MASK = 0xC6A4A7935BD1E995, 47, (1 << 64) - 1
_SYMBOL_RUNS = {
    1: "IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL IS_STOP",
    14: "IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY",
    64: "ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START "
    "SPACY PROB LANG ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE",
    380: "PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT MONEY QUANTITY "
    "ORDINAL CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj csubjpass "
    "dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj nsubjpass num number oprd obj "
    "obl parataxis partmod pcomp pobj poss possessive preconj prep prt punct quantmod relcl rcmod root xcomp acl "
    "ENT_KB_ID MORPH ENT_ID IDX _",
}
_SYMBOLS = {name: first + index for first, names in _SYMBOL_RUNS.items() for index, name in enumerate(names.split())}


def strings_by_number(strings: Iterable[str]) -> dict[int, str]:
    """Return each string by the number that stands for it; 0 is the empty string.

    >>> strings_by_number(["PERSON", "coffee"])
    {0: '', 380: 'PERSON', 3197928453018144401: 'coffee'}
    """
    return {0: ""} | {
        _SYMBOLS[string] if string in _SYMBOLS else _murmur_hash(string): string for string in strings if string
    }


def _murmur_hash(string: str) -> int:
    data = string.encode()
    value = _SEED ^ (len(data) * _FACTOR & _MASK)
    block_bytes = len(data) & ~7
    for offset in range(0, block_bytes, 8):
        block = int.from_bytes(data[offset : offset + 8], "little") * _FACTOR & _MASK
        block = (block ^ block >> _SHIFT) * _FACTOR & _MASK
        value = (value ^ block) * _FACTOR & _MASK
    if block_bytes < len(data):
        value = (value ^ int.from_bytes(data[block_bytes:], "little")) * _FACTOR & _MASK
    value = (value ^ value >> _SHIFT) * _FACTOR & _MASK
    return value ^ value >> _SHIFT
