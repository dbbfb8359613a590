"""Files that are not the text that their reader expects."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest

from onoma.corpora import ReadOptions, read
from onoma.errors import CorpusError
from onoma.io.lines import numbered_lines, whole_text


def zipped(content: bytes) -> bytes:
    archive = BytesIO()
    with ZipFile(archive, "w") as file:
        file.writestr("a.conll", content)
    return archive.getvalue()


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "ZIP": zipped,
}


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin1"])
def test_the_encoding_that_the_bytes_show_is_proposed(tmp_path, encoding):
    text = "José B-PER\nleft O\n" + ("\u201cTurin\u201d B-LOC\n" if encoding != "latin1" else "")
    (tmp_path / "a.conll").write_bytes(text.encode(encoding))
    with pytest.raises(CorpusError, match=f"--encoding {encoding}, or encoding='{encoding}'"):
        list(numbered_lines(tmp_path / "a.conll", encoding="utf-8"))


@pytest.mark.parametrize("encoding", ["utf-8", "latin1"])
@pytest.mark.parametrize("compression", COMPRESSED)
def test_a_compressed_file_is_named_as_such(tmp_path, compression, encoding):
    path = tmp_path / "a.conll"
    path.write_bytes(COMPRESSED[compression](b"Ada B-PER\nleft O\n\n" * 50))
    message = f"is compressed with {compression}; decompress it first"
    with pytest.raises(CorpusError, match=message):
        list(read(path, format="conll", options=ReadOptions(encoding=encoding)))
    if encoding == "utf-8":
        with pytest.raises(CorpusError, match=message):
            whole_text(path, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.4\n\xe2\xe3", "is a PDF; save its text in a file first"),
        ("a.docx", b"PK\x03\x04\x80", "is an office document; save it as plain text"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1", "is an office document"),
    ],
)
def test_documents_of_other_programs_are_named_as_such(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=said):
        list(read(tmp_path / name))
