"""CSV files with answers: what is read, what is refused by line, and what is printed."""

import csv
import json
from io import BytesIO, StringIO
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ImportRefused, InvalidInput
from app.statistics.agreement import NO_OVERLAP, ONE_ANSWER, UNEVEN, agreement_of
from app.statistics.answer_files import lines_of, object_of, read_matrix, report
from app.statistics.level import Level

SMALL = "item,annotator,answer\n1,Ada,yes\n1,Ben,no\n2,Ada,yes\n2,Ben,yes\n"
SCORES = "item,annotator,answer\n1,Ada,"


def read(text, level=Level.NOMINAL, scale=""):
    return read_matrix(BytesIO(text if isinstance(text, bytes) else text.encode()), level, scale)


def cells(matrix):
    """The answers by (item, annotator)."""
    return {
        (item, annotator): matrix.values[code]
        for item, row in zip(matrix.items, matrix.codes, strict=True)
        for annotator, code in zip(matrix.annotators, row, strict=True)
        if code >= 0
    }


EXPECTED = {("1", "Ada"): "yes", ("1", "Ben"): "no", ("2", "Ada"): "yes", ("2", "Ben"): "yes"}


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        "\ufeff" + SMALL,
        SMALL.replace("\n", "\r\n"),
        SMALL.replace("\n", "\r"),
        SMALL.replace(",", ";"),
        SMALL.replace(",", "\t"),
        SMALL.removesuffix("\n"),
        SMALL.replace("item,annotator,answer", " Item ,ANNOTATOR,Answer"),
        SMALL.replace("1,Ada", '"1"," Ada "') + "\n ,,\n3,Ada,\n",
        "answer,text,annotator,item\n"
        + "".join(
            f'{answer},"a ""b"",\n{"long " * 40_000}",{annotator},{item}\n'
            for (item, annotator), answer in reversed(EXPECTED.items())
        ),
    ],
    ids=["plain", "bom", "crlf", "cr", "semicolons", "tabs", "no end", "header", "quotes and blanks", "other columns"],
)
def test_the_three_columns_are_found_in_any_csv(text):
    assert cells(read(text)) == EXPECTED


def test_the_modules_own_limit_is_as_it_was():
    before = csv.field_size_limit(200_000)
    read(SMALL)
    assert csv.field_size_limit(before) == 200_000


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.dictionaries(st.tuples(names, names), names, min_size=1), st.sampled_from(",;\t"))
def test_what_is_written_is_read(answers, delimiter):
    answers = {
        (normalize("NFC", item), normalize("NFC", who)): normalize("NFC", said) for (item, who), said in answers.items()
    }
    file = StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["item", "annotator", "answer"])
    writer.writerows([item, annotator, answer] for (item, annotator), answer in answers.items())
    assert cells(read(file.getvalue())) == answers


NEEDED = "Line 1: There must be columns named item, annotator and answer; missing: "
NO_ORDER = "is not a number. Name the order of the answers with --scale."


@pytest.mark.parametrize(
    ("text", "level", "problems"),
    [
        ("", "nominal", [NEEDED + "“item”, “annotator”, “answer”."]),
        ("item,answer\n", "nominal", [NEEDED + "“annotator”."]),
        ("item,annotator,answer,item\n", "nominal", ["Line 1: More than one column is named “item”."]),
        (SMALL.encode() + b"3,Ad\xe9,yes\n", "nominal", ["Line 6: is not UTF-8. Save the file as UTF-8."]),
        (SMALL + "1,Ada,no\n", "nominal", ["Line 6: “Ada” answered about “1” in line 2 already."]),
        (SMALL + '"3\n4",A,x\n5,Ada\n', "nominal", ["Line 8: has fewer cells than the first line."]),
        (SMALL + ",Ada,yes\n3, ,yes\n", "nominal", ["Line 6: “item” is empty.", "Line 7: “annotator” is empty."]),
        (SMALL + '3,Ada,"yes\n', "nominal", ["Line 6: is no CSV from here on: unexpected end of data."]),
        (SMALL + '3,"A"da,yes\n', "nominal", ["Line 6: is no CSV from here on: ',' expected after '\"'."]),
        (SCORES + "1_0\n1,Ben,nan\n", "interval", ["Line 2: “1_0” is not a number.", "Line 3: “nan” is not a number."]),
        (SCORES + "4\n1,Ben,good\n", "ordinal", ["Line 3: “good” " + NO_ORDER]),
    ],
)
def test_what_can_not_be_taken_is_said_by_line(text, level, problems):
    with pytest.raises(ImportRefused) as refused:
        read(text, Level(level))
    assert refused.value.problems == problems
    assert refused.value.sentence.startswith("Nothing was measured: the file has ")


@pytest.mark.parametrize(
    ("answers", "scale", "order"),
    [
        (["10", "9", "1e1", "-2"], "", (-2.0, 9.0, 10.0)),
        (["C", "A", "D"], "", ("A", "C", "D")),
        (["good", "bad"], "bad, fair ,good", ("bad", "fair", "good")),
    ],
)
def test_ordinal_answers_have_an_order(answers, scale, order):
    rows = "".join(f"1,{number},{answer}\n" for number, answer in enumerate(answers))
    assert read(f"item,annotator,answer\n{rows}", Level.ORDINAL, scale).values == order


def test_an_answer_off_the_scale_is_refused_by_line():
    with pytest.raises(ImportRefused) as refused:
        read(SMALL, Level.ORDINAL, "no,maybe")
    assert refused.value.problems[0] == "Line 2: “yes” is not on the scale no, maybe."


@pytest.mark.parametrize(("level", "scale"), [("nominal", "no,yes"), ("ordinal", "no,yes,no"), ("ordinal", "no,,yes")])
def test_a_scale_that_is_none_is_refused(level, scale):
    with pytest.raises(InvalidInput, match=r"--scale "):
        read(SMALL, Level(level), scale)


KEYS = ["items", "annotators", "percent_agreement", "cohen_kappa", "fleiss_kappa", "krippendorff_alpha", "intervals"]


def printed(text, level=Level.NOMINAL):
    (line,) = report(read(text, level), level, as_json=True)
    return json.loads(line)


def test_the_json_has_every_figure_with_its_interval():
    answers = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    rows = "".join(f"{item},a,{one}\n{item},b,{other}\n" for item, (one, other) in enumerate(answers))
    found = printed("item,annotator,answer\n" + rows)
    assert list(found) == KEYS
    assert (found["items"], found["annotators"], found["percent_agreement"]) == (50, 2, 0.7)
    assert found["cohen_kappa"] == pytest.approx(0.4)
    assert list(found["intervals"]) == KEYS[2:6]
    assert all(low < found[name] < high for name, (low, high) in found["intervals"].items())


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ("", dict.fromkeys(KEYS[2:6], NO_OVERLAP)),
        ("1,a,x\n2,b,x\n", dict.fromkeys(KEYS[2:6], NO_OVERLAP)),
        ("1,a,x\n1,b,x\n2,a,x\n2,b,x\n", dict.fromkeys(KEYS[3:6], ONE_ANSWER)),
        ("1,a,x\n1,b,x\n2,a,y\n2,b,x\n2,c,x\n", {"fleiss_kappa": UNEVEN}),
    ],
    ids=["nothing", "no overlap", "one answer", "uneven"],
)
def test_what_is_undefined_is_null_with_a_reason(rows, reasons):
    found = printed("item,annotator,answer\n" + rows)
    assert list(found) == [*KEYS, "reasons"]
    for name, reason in reasons.items():
        assert (found[name], found["intervals"][name], found["reasons"][name]) == (None, None, reason)
    assert {name for name in KEYS[2:6] if found[name] is None} == set(reasons)
    assert {name for name in KEYS[2:6] if found["intervals"][name] is None} == set(found["reasons"])


def test_the_table_says_the_same_in_words():
    matrix = read(SMALL + "".join(f"{item},{who},no\n" for item in range(3, 30) for who in ("Ada", "Ben")))
    found = agreement_of(matrix)
    lines = list(lines_of(matrix, found))
    assert lines[0] == "29 items, 2 annotators, 58 answers"
    (kappa,) = (line for line in lines if line.startswith("Cohen's kappa"))
    assert kappa.split()[2] == f"{object_of(matrix, found)['cohen_kappa']:.2f}"
    assert [line.split()[0] for line in lines[-2:]] == ["Ada", "Ben"]


def test_names_can_not_break_the_table_or_the_terminal():
    matrix = read('item,annotator,answer\n1,"a\x1b[31m\nb",x\n1,"' + "c" * 500 + '",x\n')
    lines = list(lines_of(matrix, agreement_of(matrix)))
    assert max(map(len, lines)) < 150
    assert "\x1b" not in "".join(lines)
    assert "\n" not in "".join(lines)
