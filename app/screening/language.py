"""Whether a text is English, from its shortest words: enough to know what a word means that others spell alike."""

from app.screening.tokenizers import UNICODE

_ENGLISH_WORDS = (
    "a an and are as at be by can do for from give how i if in is it me my of on or that the this to was what which "
    "who why will with write you your"
)
# French, Dutch, Italian, Spanish and Czech ones that English hardly ever writes. No single letters: English writes
# them as names of things, and "women's" has one.
_OTHER_WORDS = (
    "au aux avec ce cette dans de des du elle en est et il je la le les leur ne par pas pour que qui quel quelle se "
    "son sont sur un une vous "
    "dat deze die dit een het hoe ik je maar met naar niet op te uit van voor wat zijn "
    "al alla alle che chi come con da dei del della delle di gli ha lo nel nella non per quali sono sul sulla una "
    "como el en los las para por "
    "co jak je jsou ke ma mezi na nebo od po pro se ve za ze"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_OTHERS = frozenset(_OTHER_WORDS.split())


def is_english(text: str) -> bool:
    """Return whether ``text`` has at least as many common English words as common words, or letters, of others."""
    words = UNICODE.tokens(text)
    others = sum(word in _OTHERS or not word.isascii() for word in words)
    return others <= sum(word in _ENGLISH for word in words)
