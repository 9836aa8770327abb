"""Nothing is lost on the way from a text to its page, whichever face it is shown with."""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.markdown import render_as_written, render_markdown
from tests.cpu_time import within
from tests.web.html import parse
from tests.web.readback import assert_told, seen
from tests.web.texts import TEXTS

FACES = pytest.mark.parametrize("face", [render_markdown, render_as_written])
# Real records to try, where somebody has them: the directory of Alpaca's, Self-Instruct's and others' files.
REAL = Path(os.environ.get("TAMIS_TEST_DATA", "nowhere"))
LINES = st.sampled_from(
    [line for text in TEXTS.values() for line in text.split("\n") if len(line) < 200]
    + ["", "  ", "```", "   ```", "```python", "~~~", "|", "|-|", "| a | b |", "|---|--:|", "# A", "a | b", "-|-"]
    + ["- ", "1. ", "> ", "    x", "\tx", "*a*", "**a", "b**", "`a", "a` b`", "/*", "*/", '"""', "f(x);", "}"]
)
PIECES = st.sampled_from(list("*_`~#|>-+.\\\n\t (){}[]<>&;:=a1é中")) | st.text(max_size=3)


@FACES
@pytest.mark.parametrize("name", TEXTS)
def test_every_line_is_there_with_its_white_space(face, name):
    assert_told(str(face(TEXTS[name])), TEXTS[name])


@FACES
@given(text=st.lists(LINES, max_size=12).map("\n".join))
def test_so_it_is_for_any_lines(face, text):
    assert_told(str(face(text)), text)


@FACES
@given(text=st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_and_for_any_signs(face, text):
    assert_told(str(face(text)), text)


@FACES
@pytest.mark.parametrize(
    "name",
    ["python", "comments", "tabs", "html", "css", "query", "json", "shell", "session", "columns", "drawing", "grid"],
)
def test_code_and_columns_stand_in_one_block_as_they_are(face, name):
    (block,) = parse(str(face(TEXTS[name]))).children
    assert block.tag == "pre"
    assert block.children[0].own_text == TEXTS[name]


# What an item, a heading or a sum becomes when Markdown takes its signs.
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2*3*4 and snake_case_name", ["2*3*4 and snake_case_name"]),
        ("(*p)*(*q) of **kwargs, *args", ["(*p)*(*q) of **kwargs, *args"]),
        ("Globs: **/*.py and **/*.js", ["Globs: **/*.py and **/*.js"]),
        ("5 *x* 3", ["5 *x* 3"]),
        ("__init__ and _x_", ["__init__ and _x_"]),
        ("7. Seven\n9. Nine", ["7. Seven", "9. Nine"]),
        ("- a\n  - b\n\t- c", ["- a", "  - b", "\t- c"]),
        ("# of people: 3", ["# of people: 3"]),
        ("# One\n# Two", ["# One", "# Two"]),
        ("#tag", ["#tag"]),
        ("# This adds one to the counter.", ["# This adds one to the counter."]),
        ('It uses "^b.*". The ".*" stands for any', ['It uses "^b.*". The ".*" stands for any']),
        ("a.*b.* and *.py or *.js", ["a.*b.* and *.py or *.js"]),
        ("f(*args)*(**more)", ["f(*args)*(**more)"]),
        ("/* one */ x /* two */", ["/* one */ x /* two */"]),
        ("Title\n---\nText", ["Title", "---", "Text"]),
        ("***", ["***"]),
        ("[1]: https://tamis.example", ["[1]: https://tamis.example"]),
        ("[a](https://tamis.example)", ["[a](https://tamis.example)"]),
        ("<https://tamis.example>", ["<https://tamis.example>"]),
        (r"\*no\* \# 1\. \\", [r"\*no\* \# 1\. \\"]),
        ("a  \nb\\\nc", ["a", "b\\", "c"]),
        ("$a_1 * b_1$", ["$a_1 * b_1$"]),
        ("> a\n>> b", ["> a", ">> b"]),
        ("&lt;b&gt; &amp; <b>", ["&lt;b&gt; &amp; <b>"]),
        ("| a | b |\n|---|---|\n| 1 |", ["| a | b |", "|---|---|", "| 1 |"]),
        ("word' and `word' or ``word''", ["word' and `word' or ``word''"]),
        ("    indented", ["    indented"]),
    ],
)
def test_signs_that_mean_something_else_stay(text, shown):
    assert seen(str(render_markdown(text))) == shown


@pytest.mark.parametrize(
    ("text", "tag", "inside"),
    [
        ("Some **strong words** here", "strong", "strong words"),
        ("**Note:** this", "strong", "Note:"),
        ("这是**重点**内容", "strong", "重点"),
        ("Some *weak words* here", "em", "weak words"),
        ("Some ~~lost words~~ here", "s", "lost words"),
        ("Call `f(x)` here", "code", "f(x)"),
        ("1. **Term**: words", "strong", "Term"),
        ("## 2. Method", "p", "2. Method"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "td", "1"),
        ("Here:\n| a | b |\n|---|---|\n| 1 | 2 |\nThere.", "td", "1"),
        ("```python\nx\n```", "code", "x"),
        ("1. Do:\n   ```\n   x\n   ```", "code", "x"),
        ("See (https://tamis.example/a).", "a", "https://tamis.example/a"),
    ],
)
def test_markdown_is_shown_where_nothing_is_lost_by_it(text, tag, inside):
    first = next(parse(str(render_markdown(text))).all(tag))
    assert first.text == inside
    if tag != "a":
        assert not list(parse(str(render_as_written(text))).all("strong", "em", "s", "td"))


def test_a_mixture_is_decided_piece_by_piece():
    page = parse(str(render_markdown("Use a **loop**:\nfor x in y:\n    print(x)\n\nIt prints *all of them*.")))
    assert [each.tag for each in page.children] == ["p", "pre", "br", "p"]
    assert [each.text for each in page.all("strong", "em")] == ["loop", "all of them"]


def test_what_was_marked_is_looked_for_only_in_texts_of_a_common_length():
    assert "<strong>" not in render_markdown("**a b** " * 5_000)


# Each is written over and over; spaces are underscores here.
HOSTILE = r'''
~ * ` | # - ( { " < . : \t \n *ab_ **a **`a` `a_ ~~a_ >_ 1._ a:_ \( <a_ a_=_ word_ https://a.b/)
-_a\n #_A\n foo\n |a|\n |-|\n |a|\n|-|\n a\tb\n ```\n ```x\ny\n\n a_=_b\nfoo\n f(x);\n //_a\n /*\n """\n }\n
f(x);\n//_b\n\nWord_word_word_word.\n
'''.split()  # noqa: SIM905


@FACES
@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(face, piece):
    piece = piece.replace("_", " ").replace("\\n", "\n").replace("\\t", "\t")
    most, many = (piece * (length // len(piece)) for length in (100_000, 29_000))
    for text in (most, many, f"{many}`", f"# A{many}x", f"|a|\n|-{many}x|", f"|a|\n|-|\n{many}|a|b|"):
        with within(1.5):
            face(text)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="TAMIS_TEST_DATA names no directory with real records")
@FACES
@pytest.mark.parametrize("file", sorted(REAL.rglob("*.json*")), ids=lambda file: file.name)
def test_nothing_of_real_records_is_lost(face, file):
    for text in texts_in(file):
        assert_told(str(face(text)), text)


def texts_in(file: Path) -> Iterator[str]:
    """Every text in a file of records, however deep."""
    raw = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    is_list = re.search(r"\.json(?:\.gz)?$", file.name)
    yield from _strings(json.loads(raw) if is_list else [json.loads(line) for line in raw.split("\n") if line.strip()])


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
