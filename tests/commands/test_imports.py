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
