"""What is wrong with a file is told in its order, the first of it, with the number of all."""

from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problems


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=60))
def test_the_first_lines_are_told_whatever_the_order_in_which_they_come(lines):
    problems = Problems()
    for number, line in enumerate(lines):
        problems.add(line, f"is wrong ({number}).")

    refused = problems.refusal("Nothing was read")
    in_order = sorted(enumerate(lines), key=lambda each: each[1])[:20]
    assert refused.problems == [f"Line {line:,}: is wrong ({number})." for number, line in in_order]
    many = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    more = "; the first 20 are shown" if len(lines) > 20 else ""
    assert (refused.sentence, refused.field) == (f"Nothing was read: the file has {many}{more}.", "file")
