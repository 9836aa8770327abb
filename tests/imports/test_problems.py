"""What is wrong with a file is said once for all the records that it is true of."""

from app.imports.broken import Place
from app.imports.problems import Problems


def refusal(*added):
    problems = Problems()
    for place, sentence in added:
        problems.add(place, sentence)
    return problems.refusal("Nothing was imported")


def test_one_record_a_few_and_many():
    found = refusal(
        (Place(3, 7), "“input” must be a text, not a list."),
        *((Place(number, 1, 10 * number), "“output” is null.") for number in (617, 1_901)),
        *((Place(number, number), "“output” is missing.") for number in range(2_000, 2_600)),
    )
    assert found.sentence == "Nothing was imported: the file has 603 problems."
    assert found.problems == [
        "Record 3 (line 7): “input” must be a text, not a list.",
        "Records 617 (line 1, column 6,170) and 1,901 (line 1, column 19,010): “output” is null.",
        "600 records, the first is record 2,000 (line 2,000): “output” is missing.",
    ]


def test_what_is_wrong_with_the_file_itself_is_the_sentence():
    found = refusal((Place(0, 0), "This file is a PDF."))
    assert (found.sentence, found.problems) == ("Nothing was imported. This file is a PDF.", [])


def test_of_many_kinds_the_first_are_shown_and_all_are_counted():
    found = refusal(*((Place(number, number), f"Problem {number}.") for number in range(1, 31)))
    assert found.sentence == "Nothing was imported: the file has 30 problems; the first 20 kinds are shown."
    assert found.problems[-1] == "Record 20 (line 20): Problem 20."
    assert len(found.problems) == 20
