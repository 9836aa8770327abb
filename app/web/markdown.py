"""Markdown of models and people as HTML that can do no harm: no HTML of theirs, no pictures, no styles, no scripts.

What is rendered is hostile until proven otherwise: raw HTML is shown as text, addresses other than http, https and
mailto stay text, and every block finds its own direction, so that Arabic and English stand side by side.
"""

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

# A parser's worst case grows faster than its text; beyond this a text is shown as it is.
LONGEST = 30_000
_SCHEMES = frozenset({"http", "https", "mailto"})
# Rules that would fetch something or that change what was written into something else.
_DISABLED = ["image", "html_block", "html_inline", "entity", "reference"]
_DIRECTED = frozenset(
    {"paragraph_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "th_open", "td_open"}
)
_ALIGNED = {"text-align:left": "at-left", "text-align:center": "at-center", "text-align:right": "at-right"}


def render_markdown(text: str) -> Markup:
    """Return ``text`` as HTML; one that is too long to be parsed safely is returned as it is, escaped."""
    if len(text) > LONGEST:
        return Markup('<p class="as-written" dir="auto">{}</p>').format(text)
    return Markup(_parser().render(text))  # noqa: S704 - nothing but what the renderer below writes


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Return whether an address may be a link; any other stays text."""
        try:
            return urlsplit(url.strip()).scheme.lower() in _SCHEMES
        except ValueError:
            return False


class _Renderer(RendererHTML):
    """Writes blocks with a direction of their own, headings that leave the page's outline alone, and no styles."""

    def renderToken(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:  # noqa: N802
        token = tokens[idx]
        if token.type in _DIRECTED:
            token.attrSet("dir", "auto")
        if style := token.attrs.pop("style", None):
            token.attrSet("class", _ALIGNED.get(str(style), "at-left"))
        return super().renderToken(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return f'<p class="heading {tokens[idx].tag}" dir="auto">'

    def heading_close(self, *_: Any) -> str:
        return "</p>\n"

    def table_open(self, *_: Any) -> str:
        return '<div class="scrolls" tabindex="0" role="group" aria-label="Table"><table dir="auto">\n'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        address = str(tokens[idx].attrs["href"])
        return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">'

    def fence(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        language = tokens[idx].info.split(maxsplit=1)[:1]
        label = f"Code in {language[0]}" if language else "Code"
        code = escape(tokens[idx].content)
        return f'<pre dir="ltr" tabindex="0" role="group" aria-label="{escape(label)}"><code>{code}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self.fence(tokens, idx, options, env)


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "xhtmlOut": False, "maxNesting": 20}
    parser = _Parser("commonmark", options, renderer_cls=_Renderer)
    return parser.enable(["table", "strikethrough"]).disable(_DISABLED)
