"""CSV files with answers: what is read, what is refused by line, and what is printed."""

import csv
import json
import math
from decimal import Decimal
from io import BytesIO, StringIO
from random import Random
from unicodedata import normalize

import krippendorff
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from app.csv_lines import csv_line
from app.errors import ImportRefused, InvalidInput
from app.statistics.agreement import NO_OVERLAP, ONE_ANSWER, UNEVEN, agreement_of
from app.statistics.agreement_lines import lines_of, object_of, report
from app.statistics.answer_files import Columns, read_answers, refuse_nothing
from app.statistics.level import Level

SMALL = "item,annotator,answer\n1,Ada,yes\n1,Ben,no\n2,Ada,yes\n2,Ben,yes\n"
SCORES = "item,annotator,answer\n1,Ada,"


EXPECTED = {("1", "Ada"): "yes", ("1", "Ben"): "no", ("2", "Ada"): "yes", ("2", "Ben"): "yes"}


def read(text, level=Level.NOMINAL, scale="", **columns):
    raw = text if isinstance(text, bytes) else text.encode()
    return read_answers(BytesIO(raw), level, scale, Columns(**columns)).matrix


def cells(matrix):
    """The answers by (item, annotator)."""
    return {
        (item, annotator): matrix.values[code]
        for item, row in zip(matrix.items, matrix.codes, strict=True)
        for annotator, code in zip(matrix.annotators, row, strict=True)
        if code >= 0
    }


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        "\ufeff" + SMALL,
        SMALL.replace("\n", "\r\n"),
        SMALL.replace("\n", "\r"),
        SMALL.replace(",", ";"),
        SMALL.replace(",", "\t"),
        SMALL.replace(",", "|"),
        "sep=;\n" + SMALL.replace(",", ";"),
        "\ufeffsep=\t\r\n" + SMALL.replace(",", "\t").replace("\n", "\r\n"),
        "sep=|\r" + SMALL.replace(",", "|").replace("\n", "\r"),
        SMALL.replace("\n", ",\n"),
        SMALL.replace("\n", ",,\n").replace("answer,,", "answer"),
        '"item, of all",item,annotator,answer\n'.replace("item,a", "item;a")
        .replace(",item", ";item")
        .replace(",answer", ";answer")
        + "".join(f"x;{item};{who};{said}\n" for (item, who), said in EXPECTED.items()),
        SMALL.replace("answer\n", "answer,comment\n").replace("1,Ada,yes\n", '1,Ada,yes,"good, I\nthink"\n'),
        SMALL.removesuffix("\n"),
        SMALL.replace("item,annotator,answer", " Item ,ANNOTATOR,Answer"),
        SMALL.replace("1,Ada", '"1"," Ada "') + "\n ,,\n3,Ada,\n",
        "answer,text,annotator,item\n"
        + "".join(
            f'{answer},"a ""b"",\n{"long " * 40_000}",{annotator},{item}\n'
            for (item, annotator), answer in reversed(EXPECTED.items())
        ),
    ],
    ids=[
        "plain",
        "bom",
        "crlf",
        "cr",
        "semicolons",
        "tabs",
        "pipes",
        "sep",
        "sep tab",
        "sep pipe",
        "ends",
        "ends of rows",
        "quoted",
        "short",
        "no end",
        "header",
        "quotes and blanks",
        "other columns",
    ],
)
def test_the_three_columns_are_found_in_any_csv(text):
    assert cells(read(text)) == EXPECTED


def test_the_modules_own_limit_is_as_it_was():
    before = csv.field_size_limit(200_000)
    read(SMALL)
    assert csv.field_size_limit(before) == 200_000


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.dictionaries(st.tuples(names, names), names.map("x{}".format), min_size=1), st.sampled_from(",;\t"))
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
NAMED = (
    "Name its columns with --item, --annotator and --answer, or, where each annotator has a column, with --wide and "
    "--item."
)
MORE = "has 4 cells, and the header 3. Put cells that hold a comma into quotation marks."
NO_NUMBER = "is not a number. If it means that there is no answer: --missing nan"
NO_ORDER = "is not a number. Name the order of the answers with --scale."


@pytest.mark.parametrize(
    ("text", "level", "problems"),
    [
        ("", "nominal", [NEEDED + "“item”, “annotator”, “answer”. The file has: none. " + NAMED]),
        ("item,answer\n", "nominal", [NEEDED + "“annotator”. The file has: “item”, “answer”. " + NAMED]),
        ("item,annotator,answer,item\n", "nominal", ["Line 1: More than one column is named “item”."]),
        (SMALL.encode() + b"3,Ad\xe9,yes\n", "nominal", ["Line 6: is not UTF-8. Save the file as CSV in UTF-8."]),
        (SMALL + "1,Ada,no\n", "nominal", ["Line 6: “Ada” answered about “1” in line 2 already."]),
        (SMALL + '"3\n4",A,x\n5,Ada\n', "nominal", ["Line 8: has fewer cells than the first line."]),
        (SMALL + ",Ada,yes\n3, ,yes\n", "nominal", ["Line 6: “item” is empty.", "Line 7: “annotator” is empty."]),
        (
            SMALL + '3,Ada,"yes\n',
            "nominal",
            ["Line 6: is no CSV from here on: a quotation mark is opened and never closed."],
        ),
        (SMALL + '3,"A"da,yes\n', "nominal", ["Line 6: is no CSV from here on: ',' expected after '\"'."]),
        (SCORES + "1_0\n1,Ben,nan\n", "interval", ["Line 2: “1_0” is not a number.", "Line 3: “nan” " + NO_NUMBER]),
        (SCORES + "4\n1,Ben,good\n", "ordinal", ["Line 3: “good” " + NO_ORDER]),
        (SMALL + "3,Ada,3,5\n3,Ben,4\n4,Ada,no, never\n", "nominal", ["Line 6: " + MORE, "Line 8: " + MORE]),
        (SMALL + "3,Ada,yes,\n", "nominal", ["Line 6: " + MORE]),
        ("item,annotator,answer\n1,Ada,1,5\n1,Ben,2,5\n", "interval", ["Line 2: " + MORE, "Line 3: " + MORE]),
        (SMALL.encode("utf-16"), "nominal", ["Line 1: is UTF-16. Save the file as CSV in UTF-8."]),
        (
            SMALL + "3,A\0da,yes\n",
            "nominal",
            ["Line 6: holds a NUL: the file is damaged, or no CSV in UTF-8. Save it anew."],
        ),
        (
            '[{"item": 1}]',
            "nominal",
            ["Line 1: is JSON. Save the answers as CSV, a line for each with its item and its annotator."],
        ),
        (
            SCORES + "1\n1,Ben,NA\n",
            "interval",
            ["Line 3: “NA” is not a number. If it means that there is no answer: --missing NA"],
        ),
        (SCORES.replace(",", ";") + "1,5\n1;Ben;1.5\n", "interval", ["Line 2: “1,5” is not a number."]),
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


@pytest.mark.parametrize(
    ("answers", "level", "values"),
    [
        (["1", "1.0", "01", "2"], "nominal", (1, 2)),
        (["1", "1.0", "x"], "nominal", ("1", "1.0", "x")),
        (["1,5", "1,50", "3"], "nominal", (1.5, 3)),
        (["1,5", "1,50", "3"], "interval", (1.5, 3)),
        (["1,5", "1.5"], "nominal", ("1,5", "1.5")),
        (["12345678901234567890", "12345678901234567891"], "nominal", (12345678901234567890, 12345678901234567891)),
        (["yes", "Yes"], "nominal", ("Yes", "yes")),
    ],
)
def test_numbers_are_one_answer_however_they_are_written(answers, level, values):
    rows = "".join(f"1;{number};{answer}\n" for number, answer in enumerate(answers))
    assert tuple(map(_number, read(f"item;annotator;answer\n{rows}", Level(level)).values)) == tuple(
        map(_number, values)
    )


def _number(value):
    return value if isinstance(value, str) else Decimal(str(value))


def test_a_scale_of_numbers_takes_them_however_they_are_written():
    assert read(SCORES + "1.0\n1,Ben,3\n", Level.ORDINAL, "1,2,3").values == (1, 2, 3)


def test_columns_go_by_the_names_that_are_typed():
    export = 'id,"Annotated by",lead_time,label,Label \n1,Ada,3.2,x,yes\n1,Ben,4.1,x,no\n2,Ada,2,x,yes\n2,Ben,2,x,yes\n'
    named = {"item": "ID", "annotators": ("annotated by",)}
    assert cells(read(export.replace(",Label ", ",sentiment"), answer="sentiment", **named)) == EXPECTED
    with pytest.raises(ImportRefused) as refused:
        read(export, answer="label", **named)
    assert refused.value.problems == ["Line 1: More than one column is named “label”."]


WIDE = "item,Ada,Ben,comment\n1,yes,no,\n2,yes,yes,x\n"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (WIDE.replace(",comment", "").replace(",x", "").replace(",\n", "\n"), {"is_wide": True}),
        (WIDE, {"annotators": ("Ada", "ben")}),
        (WIDE.replace("item", "id"), {"is_wide": True, "item": "id", "annotators": ("Ada", "Ben")}),
        (WIDE.replace("2,yes,yes,x", "2,yes,yes"), {"annotators": ("Ada", "Ben")}),
    ],
)
def test_a_wide_table_has_a_column_for_each_annotator(text, columns):
    found = {(item, who.title()): answer for (item, who), answer in cells(read(text, **columns)).items()}
    assert found == EXPECTED


def test_rows_of_a_wide_table_are_items_where_no_column_names_them():
    assert cells(read("Ada,Ben\nyes,no\n,yes\n", annotators=("Ada", "Ben"))) == {
        ("2", "Ada"): "yes",
        ("2", "Ben"): "no",
        ("3", "Ben"): "yes",
    }


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        (
            "Ada,Ben\nyes,no\n",
            {"is_wide": True},
            "Line 1: There is no column named “item”. The file has: “Ada”, “Ben”.",
        ),
        (WIDE, {"annotators": ("Ada", "Cem")}, "Line 1: There is no column named “Cem”. "),
        (WIDE.replace("Ben", "Ada"), {"is_wide": True}, "Line 1: More than one column is named “Ada”."),
        (WIDE + "1,no,no,x\n", {"is_wide": True}, "Line 4: “Ada” answered about “1” in line 2 already."),
        (WIDE + ",no,no,x\n", {"is_wide": True}, "Line 4: “item” is empty."),
        (WIDE + "3,no,no,x,y\n", {"is_wide": True}, "Line 4: has 5 cells, and the header 4. "),
        (SMALL, {"question": "tone"}, "Line 1: --question goes with a column named question. "),
    ],
)
def test_a_table_that_can_not_be_placed_is_refused(text, columns, problem):
    with pytest.raises(ImportRefused) as refused:
        read(text, **columns)
    assert refused.value.problems[0].startswith(problem)


QUESTIONS = "item,annotator,question,answer\n" + "".join(
    f"{item},{who},fine,{said}\n{item},{who},tone,dry\n" for (item, who), said in EXPECTED.items()
)


def test_one_question_of_several_is_read():
    assert cells(read(QUESTIONS, question="fine")) == EXPECTED
    with pytest.raises(ImportRefused) as refused:
        read(QUESTIONS)
    several = "Line 1: The file holds answers to several questions. Choose one with --question: fine, tone."
    assert refused.value.problems == [several]
    with pytest.raises(ImportRefused, match="1 problem") as refused:
        read(QUESTIONS, question="fin")
    assert refused.value.problems == [
        "Line 1: There is no question named “fin”. Choose one with --question: fine, tone."
    ]


def test_what_means_no_answer_is_said():
    text = SMALL + "3,Ada,NA\n3,Ben,NaN\n"
    matrix, notes = read_answers(BytesIO(text.encode()), Level.NOMINAL)
    assert (matrix.values, len(notes)) == (("NA", "NaN", "no", "yes"), 1)
    assert notes[0].endswith("--missing NA,NaN")
    assert cells(read(text, missing=frozenset({"NA", "NaN"}))) == EXPECTED


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("", "the file holds no answers."),
        ("1,Ada,yes\n2,Ada,no\n", "all answers are of “Ada”. Agreement takes two people."),
        ("1,Ada,yes\n2,Ben,no\n", "no item was answered by two people."),
    ],
)
def test_nothing_to_measure_is_said(rows, sentence):
    with pytest.raises(InvalidInput) as refused:
        refuse_nothing(read("item,annotator,answer\n" + rows))
    assert refused.value.sentence == f"Nothing was measured: {sentence}"


def _written(matrix, shape, delimiter, rng):
    """A matrix of numbers, nan where there is none, as somebody's CSV."""
    file = StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))

    def told(number):
        if math.isnan(number):
            return rng.choice(["", "NA"])
        text = rng.choice([f"{number:.1f}", f"{number:.2f}"])
        return text if shape == "points" else text.replace(".", ",")

    if shape == "wide":
        writer.writerow(["id", *(f"rater {number}" for number in range(len(matrix)))])
        writer.writerows([item, *map(told, answers)] for item, answers in enumerate(zip(*matrix, strict=True)))
        return file.getvalue()
    writer.writerow(["note", "answer", "item", "annotator"])
    rows = [(told(answer), item, who) for who, answers in enumerate(matrix) for item, answer in enumerate(answers)]
    rng.shuffle(rows)
    writer.writerows(("a, b; c\n" if rng.random() < 0.1 else "", *row) for row in rows)
    return file.getvalue()


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("shape", ["points", "commas", "wide"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_alpha_is_krippendorffs_in_whichever_shape_the_answers_come(level, shape, delimiter):
    rng = Random(f"{level}/{shape}/{delimiter}")  # noqa: S311 # a draw that can be repeated
    columns = {"missing": frozenset({"NA"})}
    for many in (2, 3, 50):
        matrix = [[rng.choice([1, 1.5, 2, 4, math.nan]) for _ in range(20)] for _ in range(many)]
        if shape == "wide":
            columns |= {"is_wide": True, "item": "id"}
        found = agreement_of(
            read(_written(matrix, shape, delimiter, rng), Level(level), **columns), Level(level), rounds=2
        )
        assert found.alpha.value == pytest.approx(krippendorff.alpha(matrix, level_of_measurement=level))


def test_kappas_are_those_of_other_packages():
    rng = Random(5)  # noqa: S311 # a draw that can be repeated
    matrix = [[rng.choice([1, 1.5, 2]) for _ in range(40)] for _ in range(2)]
    found = agreement_of(read(_written(matrix, "commas", ";", rng), Level.NOMINAL), rounds=2)
    assert found.cohen.value == pytest.approx(cohen_kappa_score(*[[str(each) for each in row] for row in matrix]))
    table, _ = aggregate_raters(list(zip(*matrix, strict=True)))
    assert found.fleiss.value == pytest.approx(fleiss_kappa(table))


def test_a_long_file_with_a_long_line_is_read():
    rows = "".join(f"{item},{who},{item % 3},\n" for item in range(5_000) for who in "ab")
    text = "item,annotator,answer,text\n" + rows + f'5000,a,1,"{"long, " * 100_000}"\n'
    assert int(read(text).given.sum()) == 10_001


def test_answers_in_a_file_of_tamis_are_read_as_they_were_and_in_others_as_they_stand():
    said = ["=much", "'=much", "a;=1", "-2", "@"]
    rows = [(item, who, answer, "q", "1", "False") for item, answer in enumerate(said) for who in ("Ada", "-Ben")]
    head = ("item", "annotator", "answer", "question", "number", "gold")
    found = read(csv_line(*head) + "".join(csv_line(*row) for row in rows))
    assert {answer for _, answer in cells(found).items()} == set(said)
    assert sorted(found.annotators) == ["-Ben", "Ada"]
    other = read("".join(csv_line(*row[:3]) for row in [head, *rows]))
    assert {answer for _, answer in cells(other).items()} == {"'=much", "''=much", "a;'=1", "-2", "'@"}
