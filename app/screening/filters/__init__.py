"""The filters, in the order in which they are asked: the first that objects gives the reason."""

from app.errors import InvalidInput
from app.screening.filter import Filter
from app.screening.filters.format import Format
from app.screening.filters.instances import Instances
from app.screening.filters.length import Length
from app.screening.filters.novelty import Novelty
from app.screening.filters.repetition import Repetition
from app.screening.filters.wording import Wording

FILTERS: tuple[Filter, ...] = (Format(), Length(), Wording(), Novelty(), Instances(), Repetition())

_BY_NAME = {member.name: member for member in FILTERS}


def filter_named(name: str) -> Filter:
    """Return the filter with this ``name``. Raises InvalidInput where there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        sentence = f"There is no filter named “{name}”. The filters are {', '.join(_BY_NAME)}."
        raise InvalidInput(sentence, field=name) from None
