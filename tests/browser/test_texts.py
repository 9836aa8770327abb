"""Texts as a browser shows them: what is seen is what was written, in either face, on a wide and on a narrow page."""

import random
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from markupsafe import Markup
from playwright.sync_api import Page

from app.models.candidates import Candidate
from app.web.markdown import render_as_written, render_markdown
from tests.browser.instance import Instance, World
from tests.browser.test_accessibility import RULES_ABOUT_COLOUR, findings
from tests.browser.visitors import Visitors
from tests.web.readback import seen
from tests.web.test_texts import REAL, texts_in
from tests.web.texts import TEXTS

pytestmark = pytest.mark.slow
FACES = pytest.mark.parametrize("face", [render_markdown, render_as_written])
MIXTURES = 200
# Pieces that are hard to show: lines that begin with white space, and signs that Markdown takes.
HARD = ("\n ", "\n\t", "*", "#", "|", "`", "<", "\\", ">")

_SHOW = """
(texts) => {
  document.body.innerHTML = texts.map((html) => `<div class="whole" dir="auto">${html}</div>`).join("");
  return [...document.querySelectorAll(".whole")].map((each) => each.innerText);
}
"""
_FACES = """
() => [...document.querySelectorAll(".whole :is(pre > code, p)")].map((each) => {
  const style = getComputedStyle(each);
  return [each.tagName, style.fontFamily.includes("mono"), style.whiteSpace];
})
"""


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """A page of ours with nothing on it but its styles."""
    opened = visitors.open()
    opened.goto("/sign-in")
    return opened


@FACES
def test_what_is_seen_is_what_was_written(page: Page, face: Callable[[str], Markup]) -> None:
    expect_seen(page, [str(face(text)) for text in TEXTS.values()])


def test_so_it_is_for_mixtures(page: Page) -> None:
    draw = random.Random(1)  # noqa: S311 - which are mixed, guards nothing
    lines = [line for text in TEXTS.values() if len(text) < 1_000 for line in text.split("\n")]
    texts = ["\n".join(draw.choices(lines, k=8)) for _ in range(MIXTURES)]
    expect_seen(page, [str(render_markdown(text)) for text in texts])


@pytest.mark.skipif(not REAL.is_dir(), reason="TAMIS_TEST_DATA names no directory with real records")
@FACES
def test_and_for_real_records_that_are_hard_to_show(page: Page, face: Callable[[str], Markup]) -> None:
    for file in sorted(REAL.rglob("*.json*")):
        hard = sorted(set(texts_in(file)), key=lambda text: -sum(text.count(each) > 0 for each in HARD))
        expect_seen(page, [str(face(text)) for text in hard[:MIXTURES]])


def expect_seen(page: Page, pages: list[str]) -> None:
    """Fail where a browser shows another line than a reader of HTML expects, or another white space before it."""
    shown = page.evaluate(_SHOW, pages)
    for text, html in zip(shown, pages, strict=True):
        assert [line.rstrip() for line in text.split("\n") if line.strip()] == seen(html)


def test_only_code_is_monospaced_and_no_white_space_is_lost(page: Page) -> None:
    page.evaluate(_SHOW, [str(face(text)) for text in TEXTS.values() for face in (render_markdown, render_as_written)])
    faces = page.evaluate(_FACES)
    assert {(tag, is_mono) for tag, is_mono, _ in faces} == {("CODE", True), ("P", False)}
    assert {space for tag, _, space in faces if tag == "P"} == {"pre-wrap"}
    assert {space for tag, _, space in faces if tag == "CODE"} == {"pre", "pre-wrap"}


def test_code_is_legible_in_the_dark_too(page: Page) -> None:
    page.evaluate(_SHOW, [str(render_markdown(text)) for text in TEXTS.values()])
    page.evaluate(Axe().axe_script)
    for colour in ("light", "dark"):
        page.emulate_media(color_scheme=colour)
        assert findings(page, RULES_ABOUT_COLOUR) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_desk_stays_as_it_is_while_the_face_of_a_text_changes(
    visitors: Visitors, tamis: Instance, width: int
) -> None:
    world = tamis.new_world(examples=len(TEXTS))
    write(tamis, world)
    page = visitors.open(world.annotator, viewport={"width": width, "height": 900})
    for name, number in zip(TEXTS, world.examples, strict=True):
        page.goto(f"{world.rate}/{number}")
        before = page.evaluate(_LAID_OUT)
        page.keyboard.press("v")
        after = page.evaluate(_LAID_OUT)
        assert before[:-1] == after[:-1], name
        assert before[-1] != after[-1], name
        assert before[0] <= width, name
        page.keyboard.press("v")


_LAID_OUT = """
() => {
  const place = (selector) => document.querySelector(selector).getBoundingClientRect().toJSON();
  const isShown = (selector) => document.querySelector(selector).checkVisibility({ visibilityProperty: true });
  const { scrollWidth, scrollHeight } = document.documentElement;
  return [scrollWidth, scrollHeight, place(".rate-form"), place(".rate-example"), isShown(".rendered")];
}
"""


def write(tamis: Instance, world: World) -> None:
    """Let the examples of a world have the texts as their outputs."""
    with tamis.database.writing() as session:
        for text, number in zip(TEXTS.values(), world.examples, strict=True):
            session.get_one(Candidate, number).output = text
