"""A file is written whole or left as it was."""

import pytest

from app.errors import Conflict, NotFound
from app.files import open_file, write_file


def test_a_file_is_there_once_it_is_whole(tmp_path):
    out = tmp_path / "out"
    out.write_text("before")

    def pieces():
        yield b"one "
        assert out.read_text() == "before"
        yield b"two"

    write_file(out, pieces())
    assert out.read_text() == "one two"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()], ids=["fault", "Ctrl+C"])
def test_what_breaks_off_leaves_nothing(tmp_path, error):
    def pieces():
        yield b"one "
        raise error

    with pytest.raises(type(error)):
        write_file(tmp_path / "out", pieces())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [".", "none/out", "file/out"])
def test_what_cannot_be_written_is_said(tmp_path, where):
    (tmp_path / "file").touch()
    with pytest.raises(Conflict, match=r"can't be written: .*\.$"):
        write_file(tmp_path / where, [b""])


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(NotFound, match=r"can't be read: No such file"), open_file(tmp_path / "none"):
        pass
