from app.screening.filter import Draft, Objection
from app.screening.filters.format import Format, FormatThresholds
from tests.screening.filters.drafts import pool_of


def test_the_readers_own_sentence_is_the_objection():
    draft = Draft("###", problem="There is no output.")

    assert Format().object_to(draft, FormatThresholds(), pool_of()) == Objection("There is no output.")
