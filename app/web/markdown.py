"""Texts of models and people as HTML that loses nothing and can do no harm.

Each non-blank line of a text is a line of the page, in order and with its white space; blank lines stay, too. Markdown
is shown as what it means only where that can be told from the page: a heading, strong words, a table, a fenced block.
Markers of lists and of quotes stay where they stand. What is code, or needs letters of one width, gets them.

What is rendered is hostile until proven otherwise: nothing of it is taken as HTML, only http and https become links,
there are no pictures, styles or scripts. Every block finds its own direction, so that Arabic and English stand side by
side.
"""

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup, escape

from app.web.blocks import Block, Kind, blocks_of, cells_of, is_item
from app.web.emphasis import emphasise

# Nothing is looked for within the lines of a longer text: each mark is an element, and a page has room for so many.
LONGEST = 30_000
# Code scrolls sideways, but not for ever: from here on its lines wrap.
_WIDEST = 240

Words = Callable[[str], str]


def render_markdown(text: str) -> Markup:
    """Return ``text`` as HTML with its Markdown shown as what it means, where nothing is lost by it."""
    if len(text) > LONGEST:
        return render_as_written(text)
    return _html("".join(_rendered(block) for block in _blocks(text)))


def render_as_written(text: str) -> Markup:
    """Return ``text`` as HTML with every sign of it, laid out as ``render_markdown`` does."""
    return _html("".join(_written(block) for block in _blocks(text)))


def _html(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - nothing but what the functions below write


def _blocks(text: str) -> Iterator[Block]:
    return blocks_of(text.rstrip())


def _rendered(block: Block) -> str:
    match block.kind:
        case Kind.FENCE:
            language = block.lines[0].strip("` \t")
            return _code(block.lines[1:-1], f"Code in {language}" if language else "Code")
        case Kind.TABLE:
            return _table(block.lines)
        case Kind.HEADING:
            mark, _, words = block.lines[0].partition(" ")
            return f'<p class="heading h{len(mark)}" dir="auto">{emphasise(words)}</p>'
    return _as_it_stands(block, emphasise)


def _written(block: Block) -> str:
    match block.kind:
        case Kind.FENCE:
            return _code(block.lines, "Code")
        case Kind.TABLE:
            return _columns(block.lines)
    return _as_it_stands(block, _escaped)


def _escaped(line: str) -> str:
    return str(escape(line))


def _as_it_stands(block: Block, words: Words) -> str:
    match block.kind:
        case Kind.BLANK:
            return "<br>"
        case Kind.CODE:
            return _code(block.lines, "Code")
        case Kind.COLUMNS:
            return _columns(block.lines)
        case Kind.BULLETS | Kind.NUMBERS:
            return _list("ul" if block.kind == Kind.BULLETS else "ol", block.lines, words)
        case Kind.QUOTE:
            return f'<blockquote dir="auto">{_lines(block.lines, words)}</blockquote>'
    return f'<p dir="auto">{_lines(block.lines, words)}</p>'


def _lines(lines: Sequence[str], words: Words) -> str:
    return "<br>".join(map(words, lines))


def _code(lines: Sequence[str], label: str, direction: str = "ltr") -> str:
    shape = ' class="as-written"' if max(map(len, lines)) > _WIDEST else ""
    code = escape("\n".join(lines))
    named = f'tabindex="0" role="group" aria-label="{escape(label)}"'
    return f'<pre{shape} dir="{direction}" {named}><code>{code}</code></pre>'


def _columns(lines: Sequence[str]) -> str:
    return _code(lines, "Text in columns", "auto")


def _list(tag: str, lines: Sequence[str], words: Words) -> str:
    """Items keep their markers: a list may begin at 7, leave out a number, or be no list at all."""
    items: list[list[str]] = []
    for line in lines:
        if is_item(line) or not items:
            items.append([])
        items[-1].append(line)
    return f'<{tag} dir="auto">{"".join(_item(item, words) for item in items)}</{tag}>'


def _item(lines: Sequence[str], words: Words) -> str:
    return f"<li>{words(lines[0])}{''.join(f'<div>{words(line)}</div>' for line in lines[1:])}</li>"


def _table(lines: Sequence[str]) -> str:
    sides = [_side(cell) for cell in cells_of(lines[1])]
    head = _row("th", lines[0], sides)
    body = "".join(_row("td", line, sides) for line in lines[2:])
    return (
        '<div class="scrolls" tabindex="0" role="group" aria-label="Table"><table dir="auto">'
        f"<thead>{head}</thead>{f'<tbody>{body}</tbody>' if body else ''}</table></div>"
    )


def _side(rule: str) -> str:
    if rule.endswith(":"):
        return "at-center" if rule.startswith(":") else "at-right"
    return "at-left"


def _row(tag: str, line: str, sides: Sequence[str]) -> str:
    cells = zip(cells_of(line), sides, strict=True)
    made = (f'<{tag} class="{side}" dir="auto">{emphasise(cell)}</{tag}>' for cell, side in cells)
    return f"<tr>{''.join(made)}</tr>"
