"""Files that are no text are called what they are."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile

import pytest

from app.imports.broken import Broken
from app.imports.records import Records
from app.imports.unpacking import unpacked

LINE = b'{"instruction": "a", "output": "b"}\n'


def zipped():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("examples.jsonl", LINE)
    return whole.getvalue()


def tarred():
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        info = tarfile.TarInfo("examples.jsonl")
        info.size = len(LINE)
        archive.addfile(info, io.BytesIO(LINE))
    return whole.getvalue()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", ("pointer of Git LFS", "git lfs pull")),
        (b"PAR1" + b"\0" * 20, ("Parquet", "JSON lines or CSV")),
        (zipped(), ("ZIP archive or an Excel sheet", "CSV")),
        (bz2.compress(LINE), ("bzip2", "gzip")),
        (lzma.compress(LINE), ("xz", "gzip")),
        (b"\x28\xb5\x2f\xfd\x00", ("Zstandard", "gzip")),
        (gzip.compress(gzip.compress(LINE, mtime=0), mtime=0), ("gzip twice", "once")),
        (tarred(), ("tar archive", "Unpack")),
        (gzip.compress(tarred(), mtime=0), ("tar archive", "Unpack")),
        (LINE.decode().encode("utf-16"), ("UTF-16", "Save it as UTF-8")),
        (LINE.decode().encode("utf-16-le"), ("UTF-16", "Save it as UTF-8")),
        (LINE.decode().encode("utf-16-be"), ("UTF-16", "Save it as UTF-8")),
        (b"\n <!DOCTYPE html><html>", ("web page", "Download")),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", ("XML", "Download")),
        (b"SQLite format 3\0", ("SQLite",)),
        (pickle.dumps([1], protocol=4), ("pickle",)),
        (b"%PDF-1.7", ("PDF",)),
    ],
)
def test_a_file_is_called_what_it_is(raw, words):
    with pytest.raises(Broken) as broken:
        unpacked(io.BytesIO(raw))
    assert all(word in broken.value.sentence for word in words)
    (record,) = Records(io.BytesIO(raw))
    assert (str(record.place), record.value.sentence) == ("", broken.value.sentence)


@pytest.mark.parametrize("raw", [LINE, gzip.compress(LINE, mtime=0), b"\xef\xbb\xbf" + LINE])
def test_a_text_is_none_of_these(raw):
    (record,) = Records(io.BytesIO(raw))
    assert record.value == {"instruction": "a", "output": "b"}
