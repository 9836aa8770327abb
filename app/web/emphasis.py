"""What Markdown marks within a line: strong words, emphasis, what was struck out, bits of code, addresses.

A mark is taken only where it can be nothing else, so that ``2*3*4``, ``snake_case``, ``**kwargs`` and ``\\*`` stay as
they were written. What is taken comes back as an element, so nothing that was written can't be told from the page.
Underscores mark nothing: they stand in names and in blanks to be filled in.
"""

import re

from markupsafe import escape

# What may stand around marked words, and what they may not begin and end with. They hold no other mark of their kind.
_BEFORE = r"(?<![^\s(\[{\"'“‘«:>\u0080-\U0010ffff-])"
_AFTER = r"(?![^\s)\]}\"'”’»<.,:;!?\u0080-\U0010ffff-])"
_FIRST = r"(?=[^\s*~/.,;:!?)\]}=|%^&<>+\\-])"
_LAST = r"(?<=[^\s*~/(\[{=|<\\+^&-])"
_MARKED = re.compile(
    r"(?<![`\\\w])`(?P<code>[^`\s](?:[^`\n]*[^`\s])?)`(?![`\w])"
    rf"|{_BEFORE}(?P<mark>\*{{1,3}}){_FIRST}(?P<words>[^*\n]+){_LAST}(?P=mark){_AFTER}"
    rf"|{_BEFORE}~~{_FIRST}(?P<struck>[^~\n]+){_LAST}~~{_AFTER}"
    r"|(?P<address>\bhttps?://[^\s<>\"'`*|\\]+)"
)
_TAGS = {"*": ("<em>", "</em>"), "**": ("<strong>", "</strong>"), "***": ("<strong><em>", "</em></strong>")}
_WORD = re.compile(r"[^\W\d_]{2}|[^\W\d_a-zA-Z]")
_TRAILS = ".,;:!?)]}"


def emphasise(line: str) -> str:
    """Return ``line`` as HTML. Its text is the line's, less the marks that became elements."""
    made: list[str] = []
    done = 0
    for match in _MARKED.finditer(line):
        made.append(escape(line[done : match.start()]))
        made.append(_element(match))
        done = match.end()
    made.append(escape(line[done:]))
    return "".join(made)


def _element(match: re.Match[str]) -> str:
    if code := match["code"]:
        return f"<code>{escape(code)}</code>"
    if words := match["words"]:
        # A single star may stand in a sum: it marks words or nothing.
        if match["mark"] == "*" and not _WORD.search(words):
            return str(escape(match[0]))
        opens, closes = _TAGS[match["mark"]]
        return f"{opens}{emphasise(words)}{closes}"
    if struck := match["struck"]:
        return f"<s>{emphasise(struck)}</s>"
    return _link(match["address"])


def _link(address: str) -> str:
    """Return an address as a link; what ends a sentence or a bracket is no part of it."""
    end = len(address)
    while end and address[end - 1] in _TRAILS and not (address[end - 1] == ")" and "(" in address):
        end -= 1
    href = escape(address[:end])
    return f'<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{href}</a>{escape(address[end:])}'
