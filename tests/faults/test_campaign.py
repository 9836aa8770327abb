"""The fault campaign in short: `make faults` is the long one."""

import random

import pytest

from app.llm.practice.faults import FAULTS
from tests.faults.campaign import Place, carry_out, misread, outcomes_of
from tests.faults.child import POINTS
from tests.faults.model import Deck
from tests.faults.rounds import Plan
from tests.faults.ways import WAYS, Means

# Every run soon comes to these.
EARLY = ["calls opened, not sent", "answers stored, not read", "round taken in, not committed"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pipeline", "hurts"), [("killed at a point", "self_instruct", 3), ("worker killed", "alpaca", 2)]
)
def test_whatever_is_killed_nothing_is_lost_or_doubled_and_the_bill_is_in_the_ledger(
    database_url, tmp_path, name, pipeline, hurts
):
    way = next(way for way in WAYS if way.name == name)
    plan = Plan(1, name, "", pipeline, concurrency=3, rate=0.2, cap="", hurts=hurts, size=0.4)
    rng = random.Random(5)
    place = Place(database_url, tmp_path, tmp_path / "requests", Means(Deck(EARLY, rng)))
    deck = Deck([fault.name for fault in FAULTS if fault.passes], rng)
    here = carry_out(plan, way, f"short/{name}", place, deck)

    assert here.breaches() == []
    assert here.kills == hurts
    assert (here.lost, here.doubled) == (0, 0)
    faults = {}
    for fault, outcome in outcomes_of(here.books):
        faults.setdefault(fault, []).append(outcome)
    assert faults
    assert list(misread(faults)) == []


def test_each_way_names_databases_and_each_point_is_somewhere_in_the_application():
    assert len(POINTS) >= 10
    assert set(EARLY) < set(POINTS)
    assert {backend for way in WAYS for backend in way.backends} == {"sqlite", "postgresql"}
    assert len({way.name for way in WAYS}) == len(WAYS)
