"""What a process that died had really sent: told where it is certain, and nowhere else."""

import os
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from app.llm import sent
from app.llm.sent import SentNotes, forget, sent_by

CARRIER = "worker-1/abc"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sent"


def noted(folder, *call_ids):
    with closing(SentNotes(folder, CARRIER)) as notes:
        for call_id in call_ids:
            notes.add(call_id)


def test_what_was_noted_is_told_once_the_process_is_gone(folder):
    with closing(SentNotes(folder, CARRIER)) as notes:
        notes.add(7)
        notes.add(2**40)
        assert sent_by(folder, CARRIER) is None, "it may send yet"
    assert sent_by(folder, CARRIER) == {7, 2**40}
    assert sent_by(folder, "worker-1/def") is None


def test_that_nothing_was_sent_is_told_too(folder):
    noted(folder)
    assert sent_by(folder, CARRIER) == frozenset()


def test_notes_outlive_a_process_that_is_killed(folder):
    code = f"""
import os, signal
from pathlib import Path
from app.llm.sent import SentNotes
notes = SentNotes(Path({str(folder)!r}), {CARRIER!r})
for call_id in range(1000):
    notes.add(call_id)
print("noted", flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"noted\n"
        assert sent_by(folder, CARRIER) is None, "it stands still, and may go on"
        process.kill()
    assert sent_by(folder, CARRIER) == set(range(1000))


def test_senders_note_at_the_same_time(folder):
    with closing(SentNotes(folder, CARRIER)) as notes:
        threads = [
            threading.Thread(target=lambda first=first: [notes.add(first + each) for each in range(500)])
            for first in range(0, 4000, 500)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sent_by(folder, CARRIER) == set(range(4000))


def test_after_the_machine_was_down_nothing_is_told(folder, monkeypatch, tmp_path):
    noted(folder, 7)
    other = tmp_path / "boot"
    other.write_text("another time\n")
    monkeypatch.setattr(sent, "_BOOT", other)
    assert sent_by(folder, CARRIER) is None


def test_where_a_system_has_no_name_for_its_time_nothing_is_noted(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(sent, "_BOOT", tmp_path / "nowhere")
    noted(folder, 7)
    assert not folder.exists()
    assert sent_by(folder, CARRIER) is None


def test_half_a_note_tells_nothing(folder):
    noted(folder, 7)
    file = folder / "abc"
    file.write_bytes(file.read_bytes()[:-1])
    assert sent_by(folder, CARRIER) is None


def test_once_a_note_failed_nothing_is_told(folder, monkeypatch):
    write = os.write
    with closing(SentNotes(folder, CARRIER)) as notes:
        notes.add(7)
        monkeypatch.setattr(sent.os, "write", lambda file, data: write(file, data[:3]))
        notes.add(8)
        monkeypatch.undo()
        notes.add(9)
    assert sent_by(folder, CARRIER) is None


def test_where_not_even_that_can_be_made_sure_the_call_is_not_sent(folder, monkeypatch):
    def fails(*_, **__):
        raise OSError("no room")

    with closing(SentNotes(folder, CARRIER)) as notes:
        monkeypatch.setattr(sent.os, "write", fails)
        monkeypatch.setattr(sent.Path, "unlink", fails)
        with pytest.raises(OSError, match="no room"):
            notes.add(7)
        monkeypatch.undo()


def test_notes_that_can_t_be_begun_are_none(tmp_path):
    (tmp_path / "file").write_text("in the way")
    noted(tmp_path / "file", 7)
    assert sent_by(tmp_path / "file", CARRIER) is None
    noted(None, 7)
    assert sent_by(None, CARRIER) is None


def test_what_was_settled_is_forgotten(folder):
    noted(folder, 7)
    forget(folder, CARRIER)
    assert sent_by(folder, CARRIER) is None
    assert not list(folder.iterdir())
    forget(folder, CARRIER)
    forget(folder, "")
