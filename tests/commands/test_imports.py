"""``tamis import --screen`` with thresholds of its own."""

import json
import re

import pytest

from tests.builders import add_project
from tests.starting import refused

ROWS = [
    {"instruction": "请写一首关于秋天的短诗。", "output": "秋风"},
    {"instruction": "请写一首关于秋天的短诗。", "output": "落叶"},
    {"instruction": "Décris l’image en bref.", "output": "Bleue."},
    {"instruction": "Tell me why.", "output": "Because."},
]


@pytest.fixture
def rows(database, tamis):
    with database.writing() as session:
        add_project(session, name="Seas")
    (tamis.folder / "rows.json").write_text(json.dumps(ROWS), "utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", ["4 examples imported: 1 kept, 3 filtered out.", "Too short or long: 1.", "Unsuitable wording: 1."]),
        ("--threshold length.min_words=3", ["4 examples imported: 2 kept, 2 filtered out.", "Unsuitable wording: 1."]),
        ("--without wording --without length --without novelty", ["4 examples imported."]),
        ("--threshold length.by_script=no", ["4 examples imported: 0 kept, 4 filtered out.", "Too short or long: 3."]),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("rows")
def test_an_import_is_screened_by_the_thresholds_that_are_typed(tamis, words, said):
    done = tamis("import", "Seas", "rows.json", "--screen", *words.split())
    assert done.returncode == 0, done.stderr
    assert set(said) <= set(done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--without length", r"--threshold and --without go with --screen\."),
        ("--screen --threshold length.min_words=few", r"--threshold length\.min_words takes a whole number .*"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("rows")
def test_thresholds_that_do_not_fit_are_named(tamis, words, sentence):
    assert re.fullmatch(sentence, refused(tamis("import", "Seas", "rows.json", *words.split())))


@pytest.mark.parametrize(
    "key", ["\ud800", "a\x00b", "\u202ea", "\x1b[31mred", "x" * 100_000], ids=lambda key: ascii(key[:6])
)
def test_a_hostile_key_is_told_in_a_sentence_that_a_terminal_can_show(database, tamis, key):
    with database.writing() as session:
        add_project(session, name="Seas")
    record = {"instruction": "Name a sea.", "output": "The Baltic.", key: "This is a text of some words."}
    twice = b'{"instruction": "Hi", "output": "Ho", %s: 1, %s: 2}' % ((json.dumps(key).encode(),) * 2)
    for raw, more in (
        (json.dumps([record]).encode(), ["--extra", "metadata"]),
        (json.dumps(record).encode(), []),
        (twice, []),
    ):
        (tamis.folder / "rows.json").write_bytes(raw)
        done = tamis("import", "Seas", "rows.json", "--again", *more)
        said = done.stdout + done.stderr
        assert done.returncode in {0, 1, 2}, said
        assert "Traceback" not in said
        assert "inside Tamis" not in said
        assert len(said) < 5_000
        assert not re.search("[\u202a-\u202e\x00\x1b\ud800-\udfff]", said)
