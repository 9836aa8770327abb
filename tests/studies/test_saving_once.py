"""Over HTTP and under races: what was said to be stored counts once, and nothing else does."""

import random
from dataclasses import dataclass, field

import pytest

from tests.racing import race
from tests.studies.tabs import Answer, Desk, Form, Tab, looked_into, other, served, set_up

PEOPLE, EXAMPLES = 4, 150
CHECK_EVERY = 25


@dataclass
class Person:
    """One person with two tabs, what they sent, and which answers may count for each of their assignments: several
    where they raced, None where what was answered was taken back."""

    tabs: tuple[Tab, Tab]
    rng: random.Random
    shown: Form | None = None
    sent: list[Form] = field(default_factory=list)
    may_count: dict[int, set[str | None]] = field(default_factory=dict)

    def act(self) -> None:
        """Do one of the things that people do to a page."""
        if self.shown is None:
            self.shown = self.tabs[0].look()
        fresh = (self.answer, self.send_twice, self.answer_in_two_tabs, self.skip) if self.shown else ()
        again = (self.go_back, self.take_back, self.take_back_and_answer, self.send_an_old_form) if self.sent else ()
        self.rng.choice([*fresh, *fresh, *again])()

    def answer(self) -> None:
        form = self._take()
        self._expect(form, self._send(0, form))

    def skip(self) -> None:
        form = self._take()
        self._expect(form, self._send(0, form, action="skip"))

    def send_twice(self) -> None:
        form = self._take()
        for each in race(lambda: self._send(0, form), lambda: self._send(1, form)):
            self._expect(form, each)

    def answer_in_two_tabs(self) -> None:
        form = self._take()
        second = other(form, "tab", output_correct="no")
        answers = race(lambda: self._send(0, form), lambda: self._send(1, second))
        self._expect(form, answers[0])
        self._expect(second, answers[1])
        self.may_count[form.assignment] = {form.submission, second.submission}

    def go_back(self) -> None:
        """Back, and answer anew; the shown one stays where it was."""
        place = self.rng.choice(self.sent).assignment
        form = self.tabs[0].look(f"/back/{place}") or self.tabs[0].look(f"/rate/{place}")
        assert form
        self._expect(form, self._send(0, form, output_correct="no"))

    def take_back(self) -> None:
        place = self.rng.choice(self.sent).assignment
        for each in race(*(lambda tab=tab: tab.post(f"/undo/{place}") for tab in self.tabs)):
            assert each.status == 200, each
        self.may_count[place] = {None}

    def take_back_and_answer(self) -> None:
        form = other(self.rng.choice(self.sent), f"{self.rng.random()}")
        undone, answered = race(lambda: self.tabs[0].post(f"/undo/{form.assignment}"), lambda: self._send(1, form))
        assert undone.status == 200, undone
        self._expect(form, answered)
        self.may_count[form.assignment] = {None, form.submission}

    def send_an_old_form(self) -> None:
        """It was stored, so it is said to be, and changes nothing."""
        assert self._send(0, self.rng.choice(self.sent)).is_stored

    def _take(self) -> Form:
        assert self.shown
        form, self.shown = self.shown, None
        return form

    def _send(self, tab: int, form: Form, **more: str) -> Answer:
        answer = self.tabs[tab].send(form, **more)
        if self.shown is None and answer.following and answer.following.assignment not in self.may_count:
            self.shown = answer.following
        return answer

    def _expect(self, form: Form, answer: Answer) -> None:
        assert isinstance(answer, Answer), answer
        assert answer.is_stored, answer
        self.sent.append(form)
        self.may_count[form.assignment] = {form.submission}


def check(desk: Desk, people: list[Person]) -> None:
    with looked_into(desk) as books:
        counting, stored = books.check(), [each.submission for each in books.ratings()]
    assert set(stored) == {form.submission for person in people for form in person.sent}
    for person in people:
        for assignment, allowed in person.may_count.items():
            assert counting.get(assignment) in allowed, assignment
            person.may_count[assignment] = {counting.get(assignment)}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 500), ("postgresql", 100)])
def test_rounds_of_double_submits_races_and_back_buttons(
    request: pytest.FixtureRequest, tmp_path, kind: str, rounds: int
) -> None:
    url, rng = request.getfixturevalue(f"{kind}_url"), random.Random(f"rounds on {kind}")  # noqa: S311 - rounds that can be repeated
    desk = set_up(url, people=PEOPLE, examples=EXAMPLES, overlap="3", repeats="5")
    with served(desk, tmp_path / "data") as port:
        people = [Person((desk.tab(port, each), desk.tab(port, each)), rng) for each in desk.people]
        for number in range(1, rounds + 1):
            rng.choice(people).act()
            if number % CHECK_EVERY == 0:
                check(desk, people)
    check(desk, people)
