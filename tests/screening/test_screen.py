"""What becomes of a draft under a run's thresholds."""

import json

import pytest

from app.errors import InvalidInput
from app.screening.filter import Draft
from app.screening.filters import FILTERS
from app.screening.pool import Pool
from app.screening.screen import (
    Verdict,
    default_thresholds,
    parse_thresholds,
    screen_instance,
    screen_instruction,
)
from tests.screening.filters.drafts import GOOD, OBJECTIONABLE, POOL, pool_of

ALL = parse_thresholds(default_thresholds())


class CountingPool(Pool):
    """A pool that counts its scans."""

    scans = 0

    def compare(self, text, limit=10):
        self.scans += 1
        return super().compare(text, limit)


@pytest.mark.parametrize("instruction", ["Name the cafés of the old town.", "Name the cafe\u0301s\r\nof the old town."])
def test_texts_that_look_alike_are_screened_alike(instruction):
    pool = pool_of("Name the cafés of the old town.")
    assert screen_instruction(Draft(instruction), {"novelty": ALL["novelty"]}, pool).comparison.similarity == 1.0
    draft = Draft(instruction, "e\u0301", "\u00e9", siblings=(("e\u0301", "\u00e9"),))
    assert screen_instance(draft, ALL, pool).objection.sentence == "The output only repeats the input."
    unwanted = parse_thresholds({"wording": {"words": ["cafés of"]}})
    assert screen_instruction(Draft(instruction.replace("\r\n", " ")), unwanted, pool).filter == "wording"
    assert screen_instance(Draft("Go.", "a\r\nb", "a\nb"), ALL, pool).filter == "instances"


def test_defaults_survive_json_and_name_every_filter():
    defaults = json.loads(json.dumps(default_thresholds()))

    assert list(defaults) == [member.name for member in FILTERS]
    assert defaults["novelty"] == {"max_similarity": 0.7, "tokenizer": "unicode"}
    assert parse_thresholds(defaults) == {member.name: member.Thresholds() for member in FILTERS}


@pytest.mark.parametrize(
    ("raw", "field", "sentence"),
    [
        ({"taste": {}}, "taste", "no filter named “taste”"),
        (
            {"length": {"min_words": 0}},
            "length.min_words",
            "Too short or long, Fewest words: Input should be",
        ),
        (
            {"length": {"min_words": 9, "max_words": 8}},
            "length",
            "Too short or long: The fewest words must not be",
        ),
        ({"length": {"letters": 9}}, "length.letters", "Too short or long, letters: Extra inputs are not permitted."),
        ({"length": 9}, "length", "Too short or long: Input should be a valid dictionary"),
        ({"novelty": {"max_similarity": "high"}}, "novelty.max_similarity", "Too similar, Highest similarity kept: "),
        (
            {"wording": {"words": ["map", ""]}},
            "wording.words",
            "Unsuitable wording, Unwanted words: String should have",
        ),
    ],
)
def test_bad_thresholds_are_refused_with_their_field(raw, field, sentence):
    with pytest.raises(InvalidInput) as refused:
        parse_thresholds(raw)

    assert refused.value.field == field
    assert sentence in refused.value.sentence


def test_what_a_filter_leaves_out_has_its_default():
    assert parse_thresholds({"length": {"max_words": 20}})["length"].min_words == 4


@pytest.mark.parametrize("name", ["format", "length", "wording", "novelty"])
def test_an_instruction_is_rejected_by_the_filter_that_objects(name):
    verdict = screen_instruction(OBJECTIONABLE[name], ALL, POOL)

    assert (verdict.kept, verdict.filter) == (False, name)
    assert verdict.objection.sentence


@pytest.mark.parametrize("name", ["format", "instances", "repetition"])
def test_an_instance_is_rejected_by_the_filter_that_objects(name):
    verdict = screen_instance(OBJECTIONABLE[name], ALL, POOL)

    assert (verdict.kept, verdict.filter, verdict.comparison) == (False, name, None)


def test_an_instance_is_not_asked_what_its_instruction_was_asked():
    assert screen_instance(GOOD, ALL, POOL) == Verdict(kept=True)


def test_the_first_filter_that_objects_gives_the_reason():
    assert screen_instruction(Draft("Draw it"), ALL, POOL).filter == "length"
    assert screen_instruction(Draft("Draw it", problem="Nothing to read."), ALL, POOL).filter == "format"


def test_every_language_can_be_screened_and_repeats_are_found_in_each():
    pool, kept = pool_of(), []
    for number, text in enumerate(
        [
            "请写一首关于秋天的短诗，要求六行。",
            "请写一首关于秋天的短诗，要求六行。",
            "解释血液循环的基本原理。",
            "Опиши кратко вчерашнюю погоду в городе.",
            "Опиши кратко вчерашнюю погоду в городе!",
            "Describe the weather of yesterday in brief.",
            "Décris brièvement le temps d’hier.",
            "De\u0301cris brie\u0300vement le temps d’hier.",
            "¿Qué tiempo hizo ayer en la ciudad?",
        ]
    ):
        if screen_instruction(Draft(text), ALL, pool).kept:
            pool.add(number, text)
            kept.append(number)

    assert kept == [0, 2, 3, 5, 6, 8]


def test_a_filter_that_the_run_leaves_out_is_not_asked():
    thresholds = {name: value for name, value in ALL.items() if name != "length"}

    assert screen_instruction(Draft("Draw it"), thresholds, POOL).filter == "wording"
    assert screen_instruction(Draft(""), {}, POOL) == Verdict(kept=True)


def test_a_kept_instruction_has_its_comparison():
    pool = pool_of("Name three rivers of Spain.", "Sort these numbers by size.")

    verdict = screen_instruction(GOOD, ALL, pool)

    assert verdict == Verdict(kept=True, comparison=pool.compare(GOOD.instruction))
    assert verdict.comparison.similarity > 0


def test_a_rejected_one_has_the_comparison_that_its_objection_quotes():
    verdict = screen_instruction(OBJECTIONABLE["novelty"], ALL, POOL)

    assert verdict.objection.evidence == verdict.comparison.evidence()


def test_what_is_rejected_before_novelty_costs_no_scan_and_everything_else_costs_one():
    pool = CountingPool()

    assert screen_instruction(OBJECTIONABLE["wording"], ALL, pool).comparison is None
    assert pool.scans == 0
    screen_instruction(GOOD, ALL, pool)
    assert pool.scans == 1
