"""What a text that somebody wrote may hold: placeholders and conditions; everything else is plain, or refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.generation.blanks import MOST_CHARACTERS, check, fill, strangers_in
from tests.cpu_time import within

VALUES = {"list": "1. Add\n2.", "steering": "", "tasks": "20"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ list }}", "1. Add\n2."),
        ("{{list}}", "1. Add\n2."),
        ("{{- list -}}", "1. Add\n2."),
        ("Write {{ tasks }} tasks.\n{{ list }}", "Write 20 tasks.\n1. Add\n2."),
        ("One\n{{ steering }}\nTwo {{ tasks }}", "One\nTwo 20"),
        ("One\n  {{ steering }}  \nTwo {{ tasks }}", "One\nTwo 20"),
        ("One\n\n{{ steering }}\n\nTwo {{ tasks }}", "One\n\n\nTwo 20"),
        ("One {{ steering }}\nTwo {{ tasks }}", "One \nTwo 20"),
        ("{% if steering %}\nKeep: {{ steering }}\n{% else %}\nFree.\n{% endif %}\n{{ list }}", "Free.\n1. Add\n2."),
        ("{{ tasks | upper }}{# a note #}", "20"),
        ("{% raw %}{{ list }}{% endraw %} is {{ tasks }}", "{{ list }} is 20"),
        ('{{ tasks }} {"a": {"b": 1}} 100%', '20 {"a": {"b": 1}} 100%'),
    ],
)
def test_a_template_is_filled_in(text, filled):
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    "text",
    [
        "Write tasks.",
        "{{ name }} and {name} and {% if %} and {# no comment #}",
        "100% of {{ x }}",
        "{{ listing }} {{ 9 ** 9 ** 9 }}",
        "{{ unclosed list",
        "{ list } %} }}",
        "{{\n\n",
    ],
)
def test_a_text_that_names_no_placeholder_in_a_tag_is_plain(text):
    assert fill(text, VALUES) == text
    check(text, VALUES)


def test_tags_of_a_plain_text_are_told():
    assert strangers_in("{{ lists }} a {% x %} { list }", VALUES) == ["{{ lists }}", "{% x %}"]
    assert strangers_in("{{ list }} {{ x }}", VALUES) == []


def test_what_is_filled_in_is_never_read_as_a_template():
    assert fill("{{ list }}", VALUES | {"list": "{{ tasks }} {% raw %}"}) == "{{ tasks }} {% raw %}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{ list }}\n{{ lost }}", "Line 2: “lost” is no placeholder here. There are: list, steering, tasks."),
        ("{{ list }}\n\n{{ tasks", "Line 3: "),
        ("{{ list }}\n{% endif %}", "Line 2: "),
        ("{% for x in list %}{{ x }}{% endfor %}", "Line 1: only placeholders and “if”"),
        ("{{ list }}{{ 9 ** 9 ** 9 ** 9 }}", "Line 1: only placeholders"),
        ("{{ list }}{{ 'a' * 999999999 }}", "Line 1: only placeholders"),
        ("{{ list ~ list }}", "Line 1: only placeholders"),
        ("{{ list.__class__.__mro__ }}", "Line 1: only placeholders"),
        ("{{ list['__class__'] }}", "Line 1: only placeholders"),
        ("{{ list.format(1) }}", "Line 1: only placeholders"),
        ("{{ list }}{{ range(9) }}", "Line 1: only placeholders"),
        ("{{ list }}{% set a = 1 %}", "Line 1: only placeholders"),
        ("{{ list }}{% include 'alpaca_tasks.jinja' %}", "Line 1: only placeholders"),
        ("{{ list }}{% macro m() %}{% endmacro %}", "Line 1: only placeholders"),
        ("{{ list }}{{ self }}", "Line 1: “self” is no placeholder"),
        ("{{ list | replace('a', 'b') }}", "Line 1: “replace” can't be used here"),
        ("{{ list | attr('x') }}", "Line 1: “attr” can't be used here"),
        ("{{ list }}" + "{% if list %}" * 1_000 + "{% endif %}" * 1_000, "nested too deep"),
        ("{{ list }}{{ " + "not " * 4_000 + "list }}", "nested too deep"),
        ("{{ list }}{{ " + "(" * 3_000 + "list" + ")" * 3_000 + " }}", "nested too deep"),
        ("{{ list }}{{ " + "9" * 6_000 + " }}", "nested too deep"),
    ],
)
def test_anything_more_is_refused_with_its_line(text, sentence):
    for refuse in (check, fill):
        with within(1), pytest.raises(InvalidInput) as refused:
            refuse(text, VALUES)
        assert sentence in refused.value.sentence
        assert refused.value.field == "text"


def test_a_result_has_bounds():
    text = "{{ list }}" * 2_000
    assert len(fill(text, {"list": "a" * 100})) == 200_000
    with pytest.raises(InvalidInput, match="passes 200,500 characters"):
        fill(text, {"list": "a" * 500})
    assert len(fill("{{ list }}", {"list": "a" * MOST_CHARACTERS * 3})) == MOST_CHARACTERS * 3


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "list", " if ", "else", "endif", "raw", "endraw", "tasks"]),
    st.sampled_from(
        ["{{ list }}", "{{ tasks }}", "{% if list %}", "{% endif %}", " | upper", "\n", "not ", "==", "()"]
    ),
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_filled_in_or_refused_with_a_sentence(text):
    try:
        assert isinstance(fill(text, VALUES), str)
    except InvalidInput as refused:
        assert refused.sentence.startswith(("Line ", "This is nested"))


@pytest.mark.parametrize("text", ["{{" * 10_000, "{{ list" * 3_000, "{%" * 10_000, "{{ list }}" + "{# " * 6_000])
def test_long_wreckage_is_read_in_no_time(text):
    with within(2), contextlib.suppress(InvalidInput):
        fill(text, VALUES)
