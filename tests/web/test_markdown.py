"""Markdown is shown as such, and nothing hostile in it gets through."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.markdown import LONGEST, render_markdown
from tests.web.html import parse

TAGS = set("p strong em s code pre a ul ol li blockquote hr br div table thead tbody tr th td".split())  # noqa: SIM905
ATTRIBUTES = {"dir", "class", "href", "target", "rel", "tabindex", "role", "aria-label", "start"}
CLASSES = {"heading", "h1", "h2", "h3", "h4", "h5", "h6", "at-left", "at-center", "at-right", "scrolls", "as-written"}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](vbscript:x)",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](//evil.example)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    "| a |\n|--:|\n| <b onclick=x> |",
    '```"><script>\nx\n```',
    "```js onload=alert(1)\nx\n```",
    '[a](https://x.example "onmouseover=alert(1)")',
    '[a](https://x.example/"onmouseover="alert(1))',
    "<svg/onload=alert(1)>",
    "<!-- --><style>*{display:none}</style>",
    "# <h1>\n\n<form action=//evil.example>",
]


def assert_harmless(html):
    for each in parse(str(html)).all():
        assert each.tag in TAGS, html
        assert set(each.attributes) <= ATTRIBUTES, html
        assert set((each["class"] or "").split()) <= CLASSES, html
        if each["href"]:
            assert each["href"].lower().startswith(("http://", "https://", "mailto:")), html
            assert "noopener" in each["rel"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_gets_through(text):
    assert_harmless(render_markdown(text))


PIECES = st.sampled_from(
    [*HOSTILE, "\n", "\n\n", "- ", "1. ", "> ", "`", "```", "**", "_", "[", "](", ")", "|", "\n|--|\n", "<"]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join))
def test_nor_does_any_mixture(text):
    assert_harmless(render_markdown(text))


def test_markdown_is_shown_as_such():
    html = render_markdown(
        "# Title\n\n1. **bold** `x`\n2. two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nprint(1)\n```"
    )
    tags = [each.tag for each in parse(str(html)).all()]
    assert {"ol", "li", "strong", "code", "table", "th", "pre"} <= set(tags)
    assert "h1" not in tags
    assert 'class="at-right"' in html


def test_every_block_finds_its_own_direction():
    page = parse(str(render_markdown("שלום\n\n- مرحبا\n\n> hello\n\n# 你好\n\n```\ncode\n```")))
    assert all(each["dir"] == "auto" for each in page.all("p", "ul", "blockquote"))
    assert [each["dir"] for each in page.all("pre")] == ["ltr"]


def test_a_line_break_stays_one():
    assert "<br" in render_markdown("Roses are red\nViolets are blue")


def test_entities_and_angle_brackets_are_shown_as_they_were_written():
    assert "&amp;lt;" in render_markdown("&lt;")
    assert "List&lt;int&gt;" in render_markdown("List<int>")


@pytest.mark.parametrize(
    "text", ["[" * 15_000, "> " * 10_000, "*a_" * 10_000, "|" * 30_000, "`" * 30_000, "- " * 15_000]
)
def test_no_text_takes_long(text):
    began = time.monotonic()
    assert_harmless(render_markdown(text))
    assert time.monotonic() - began < 2


def test_what_is_too_long_is_shown_as_it_is():
    assert "**a" in render_markdown("**a**" * LONGEST)
