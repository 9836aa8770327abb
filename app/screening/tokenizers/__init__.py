"""The tokenizers; the first is the default."""

from app.errors import InvalidInput
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers.rouge import Rouge
from app.screening.tokenizers.unicode import Unicode

UNICODE = Unicode()
ROUGE = Rouge()
TOKENIZERS: tuple[Tokenizer, ...] = (UNICODE, ROUGE)
DEFAULT = TOKENIZERS[0]

_BY_NAME = {member.name: member for member in TOKENIZERS}


def tokenizer_named(name: str) -> Tokenizer:
    """Return the tokenizer with this ``name``. Raises InvalidInput where there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise InvalidInput(f"There is no tokenizer named “{name}”. There is {', '.join(_BY_NAME)}.") from None
