"""Characters that nobody sees, and where they belong in a name all the same.

What Unicode calls default-ignorable has no place in a name (UTS #39), nor have the controls that turn the direction of
text round (UTS #55) and spaces that aren't the ordinary one. Some belong where they do something that is seen: joiners
in Persian, in Indic scripts and in emoji (RFC 5892, appendix A), selectors of a form behind a letter that has several.
Only the tables of ``unicodedata`` are asked.
"""

import re
import unicodedata
from collections.abc import Callable

# White space in every script, and what is drawn as nothing: a text of these alone says nothing.
INVISIBLE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
    "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff\u115f\u1160\u3164\uffa0\u2800"
)
# Every space there is is one to the eye. This one is what a Japanese keyboard types between two names.
_IDEOGRAPHIC_SPACE = "\u3000"
# Blank or ignored, though the category says letter, mark or symbol.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
# Format characters that are drawn: signs before numbers and the like.
_DRAWN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd",
)
_EMOJI_FORM = "\ufe0f"
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# England, Scotland and Wales: no other flags are spelled in tags, and tags behind anything else show nothing.
_BLACK_FLAG = "\U0001f3f4"
_TAGS = ("".join(chr(0xE0000 + ord(each)) for each in f"gb{of}") for of in ("eng", "sct", "wls"))
_TAGGED_FLAG = re.compile(f"{_BLACK_FLAG}({'|'.join(_TAGS)})\U000e007f")
# Unassigned, and yet ignored (UAX #44); all others that aren't assigned here may be letters of a newer Unicode.
_IGNORED_UNASSIGNED = re.compile("[\u2065\ufff0-\ufff8\U000e0000-\U000e0fff]")
_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
# The longest flag; no rule looks farther back, but for marks on a letter.
_FARTHEST = 8
_VIRAMA = 9  # the class of the marks that take a consonant's vowel away


def _joining(kind: str) -> frozenset[str]:
    """The Arabic letters with a form of this kind: ``initial`` where they join to the next, ``final`` to the last."""
    shapes = (unicodedata.decomposition(chr(code)).split() for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)))
    return frozenset(chr(int(shape[1], 16)) for shape in shapes if len(shape) == 2 and shape[0] == f"<{kind}>")


_JOIN_ON, _JOIN_BACK = _joining("initial"), _joining("final")


def first_unseen(text: str) -> str:
    """Return the first character of a name that nobody sees or that could be anything, empty where there is none."""
    place = _first(text, 0)
    return "" if place is None else text[place]


def without_unseen(text: str) -> str:
    """Return a text without what ``first_unseen`` finds. What is taken out may leave others where they show nothing."""
    start = 0
    while (at := _first(text, start)) is not None:
        text = text[:at] + text[at + 1 :]
        start = max(0, at - _FARTHEST)
    return text


def told(character: str) -> str:
    """Return what such a character is, with its number, as part of a sentence."""
    code, category = f"U+{ord(character):04X}", unicodedata.category(character)
    if category == "Zs":
        return f"a space that isn’t the ordinary one ({code})"
    if unicodedata.bidirectional(character) in _TURNS:
        return f"a character that turns the direction of the text around it ({code})"
    if category == "Co":
        return f"a character that looks different on every computer ({code})"
    return f"a character that nobody sees ({code})"


def ordinary_spaces(text: str) -> str:
    """Return a name with one ordinary space wherever its white space is of tabs, ordinary and ideographic spaces."""
    return re.sub(f"[ \t{_IDEOGRAPHIC_SPACE}]+", " ", text)


def shows_something(text: str) -> bool:
    """Return whether anything in a name has a shape of its own: a letter, a digit, a sign."""
    return any(unicodedata.category(each)[0] not in "CMZ" or _may_be_a_letter(each) for each in text)


def _first(text: str, start: int) -> int | None:
    return next((at for at in range(start, len(text)) if _is_unseen(text[at]) and not _belongs(text, at)), None)


def _is_unseen(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    if category == "Cn":
        return not _may_be_a_letter(character)
    if category in {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}:
        return character not in _DRAWN
    return character in _BLANK or bool(_SELECTORS.match(character))


def _may_be_a_letter(character: str) -> bool:
    """Whether this Python doesn't know a character that a newer Unicode may have, such as an emoji of last year."""
    is_no_character = ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    is_new = unicodedata.category(character) == "Cn" and not is_no_character
    return is_new and not _IGNORED_UNASSIGNED.match(character)


def _belongs(text: str, at: int) -> bool:
    """Whether something unseen changes what is seen of its neighbours."""
    rule = next((rule for those, rule in _RULES if those.match(text[at])), None)
    return rule is not None and at > 0 and rule(text, at)


def _is_virama(character: str) -> bool:
    return character != "" and unicodedata.combining(character) == _VIRAMA


def _parts_letters(text: str, at: int) -> bool:
    """Whether two letters would join here, or conjoin. Letters without forms among the characters are taken to."""
    before = next((each for each in reversed(text[:at]) if not _is_mark(each)), "")
    after = next((each for each in text[at + 1 :] if not _is_mark(each)), "")
    if _is_virama(text[at - 1]) or not (_is_arabic(before) and _is_arabic(after)):
        return _is_virama(text[at - 1])
    return (before in _JOIN_ON or before not in _JOIN_BACK) and (after in _JOIN_BACK or after not in _JOIN_ON)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn" and not _is_virama(character)


def _is_arabic(character: str) -> bool:
    is_letter = character != "" and unicodedata.category(character) in {"Lo", "Lm"}
    return is_letter and unicodedata.bidirectional(character) == "AL"


def _joins(text: str, at: int) -> bool:
    """Whether consonants conjoin here, or emoji become one."""
    before, after = text[:at].rstrip(_EMOJI_FORM)[-1:], text[at + 1 : at + 2]
    is_tone = "\U0001f3fb" <= before <= "\U0001f3ff"
    is_within_emoji = (is_tone or _is_sign(before)) and _is_sign(after)
    return is_within_emoji or _is_virama(text[at - 1]) or _is_virama(after)


def _is_sign(character: str) -> bool:
    return character > "\u2000" and unicodedata.category(character) == "So"


def _has_emoji_form(text: str, at: int) -> bool:
    """Whether a sign is drawn as text until it is told otherwise. What is wide is drawn as a picture anyway."""
    before = text[at - 1]
    is_drawn_both_ways = before in "0123456789#*" or unicodedata.category(before) in {"So", "Sm", "Po"}
    return is_drawn_both_ways and unicodedata.east_asian_width(before) not in {"W", "F"}


def _is_of_mongolian(text: str, at: int) -> bool:
    return unicodedata.name(text[at - 1], "").startswith("MONGOLIAN LETTER")


def _is_of_ideograph(text: str, at: int) -> bool:
    return unicodedata.name(text[at - 1], "").startswith("CJK ")


def _is_in_flag(text: str, at: int) -> bool:
    start = text.rfind(_BLACK_FLAG, max(0, at - _FARTHEST), at)
    flag = _TAGGED_FLAG.match(text, start) if start >= 0 else None
    return flag is not None and at < flag.end()


_RULES: tuple[tuple[re.Pattern[str], Callable[[str, int], bool]], ...] = (
    (re.compile("\u200c"), _parts_letters),
    (re.compile("\u200d"), _joins),
    (re.compile("[\ufe0e\ufe0f]"), _has_emoji_form),
    (re.compile("[\u180b-\u180f]"), _is_of_mongolian),
    # Forms of ideographs, which names in Japan are told apart by, and of those that came from other sets.
    (re.compile("[\ufe00-\ufe02\U000e0100-\U000e01ef]"), _is_of_ideograph),
    (re.compile("[\U000e0020-\U000e007f]"), _is_in_flag),
)
