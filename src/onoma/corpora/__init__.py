"""Readers and writers of annotated corpora, one module per format."""

from onoma.corpora.files import digest_of, files_of
from onoma.corpora.format_detection import HEAD_LINES, detect_format, sniff_lines
from onoma.corpora.formats import FORMATS, WRITABLE, Format, read, write
from onoma.corpora.options import (
    AUTO,
    DocumentsUnit,
    Labelled,
    ReadOptions,
    Segment,
    WriteOptions,
)
from onoma.corpora.reading import CorpusReader
from onoma.corpora.sampling import check_sample_size, count_sentences, draw_sentences
from onoma.corpora.tag_replacement import ChangedLine, retag
from onoma.corpora.tally import Location, Occurrences, ReadReport, WriteReport
from onoma.corpora.written_layouts import LAYOUTS

__all__ = [
    "AUTO",
    "ChangedLine",
    "DocumentsUnit",
    "FORMATS",
    "HEAD_LINES",
    "LAYOUTS",
    "Labelled",
    "Occurrences",
    "Format",
    "Location",
    "ReadOptions",
    "ReadReport",
    "CorpusReader",
    "Segment",
    "WriteOptions",
    "WRITABLE",
    "WriteReport",
    "check_sample_size",
    "count_sentences",
    "digest_of",
    "draw_sentences",
    "files_of",
    "read",
    "retag",
    "detect_format",
    "sniff_lines",
    "write",
]
