"""From page to page by links, sending every form that is found, as everybody. What goes wrong is told in short."""

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from app.web.visit import COOKIE
from tests.web.fuzz.forms import Form, Page, read_page
from tests.web.fuzz.people import ROLES, WEIGHTS, Cast
from tests.web.fuzz.shots import Answer, Gun, Shot
from tests.web.fuzz.values import fill_in, spoil
from tests.web.routes import ROUTES

LONGEST_HEADERS = 16 << 10
SLOWEST, LONGEST_WAIT = 2.0, 20.0
_READ_EACH = 4  # pages of a route that one role's forms are read from
_TRIES = 60


@dataclass
class Tally:
    """What was sent and answered, and what must not have been: the requests in short, each with what is wrong."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    sent: dict[str, Counter[str]] = field(default_factory=lambda: {role: Counter() for role in ROLES})
    slowest: tuple[float, str] = (0.0, "")
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, shot: Shot, answer: Answer) -> None:
        """Count a request with its answer."""
        self.requests[shot.role] += 1
        self.sent[shot.role][route_of(shot.method, shot.path)] += 1
        self.statuses[answer.status] += 1
        self.slowest = max(self.slowest, (round(answer.seconds, 2), f"{shot.method} {shot.path[:90]}"))


class Ear(logging.Handler):
    """Hears what goes to the log beyond warnings, and every traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self.heard.append(logging.Formatter().format(record))


class Walk:
    """One walk. ``open_world`` makes a fresh copy of the world to go on in, in which all addresses stay the same."""

    def __init__(self, cast: Cast, seed: int, tally: Tally) -> None:
        self.cast, self.tally, self._chance = cast, tally, random.Random(seed)  # noqa: S311 - a draw that can be repeated guards nothing
        self._links: dict[str, dict[str, list[str]]] = {role: {} for role in ROLES}
        self._forms: dict[str, dict[str, Form]] = {role: {} for role in ROLES}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._ear = Ear()
        self._cookies: dict[str, str] = {}
        for role in ROLES:
            for door in ("/", "/account", *cast.doors):
                self._know_link(role, door)

    def go(self, gun: Gun, steps: int) -> None:
        """Send ``steps`` requests in one world."""
        self._cookies = self.cast.cookies(gun.app)
        logging.getLogger().addHandler(self._ear)
        try:
            for _ in range(steps):
                (role,) = self._chance.choices(ROLES, list(WEIGHTS.values()))
                self._step(gun, role)
        finally:
            logging.getLogger().removeHandler(self._ear)

    def _step(self, gun: Gun, role: str) -> None:
        shot, plain = self._next(role)
        answer = gun.send(shot, self._cookie(role))
        self.tally.note(shot, answer)
        if reason := self._fault(answer):
            self._tell(gun, shot, reason)
        if answer.status == 303:
            self._go_on(gun, role, answer.header("location"))
        if plain and answer.status == 200 and answer.header("content-type").startswith("text/html"):
            self._read(role, shot.path, answer)

    def _go_on(self, gun: Gun, role: str, location: str) -> None:
        """Know where an answer leads; sign in anew where somebody was signed out."""
        if location.startswith("/sign-in?") and self.cast.persons[role]:
            self._cookies |= {role: self.cast.cookies(gun.app)[role]}
        elif location.startswith("/"):
            self._know_link(role, location)

    def _next(self, role: str) -> tuple[Shot, bool]:
        """The next request: a page, or a form of one's own or, now and then, of somebody else. Whichever was taken
        least comes first. With whether it is a page as somebody would open it."""
        chance = self._chance
        if chance.random() < 0.4 or not self._forms[role]:
            route = self._least(role, list(self._links[role]), "GET")
            shot = Shot(role, "GET", chance.choice(self._links[role][route]))
            plain = self._seen[role, f"GET {route}"] == 1 or chance.random() < 0.4
            return (shot if plain else spoil(chance, shot)), plain
        whose = chance.choice(ROLES) if chance.random() < 0.25 else role
        forms = self._forms[whose] or self._forms[role]
        form = forms[self._least(role, list(forms), "form")]
        shot = fill_in(chance, role, form)
        if chance.random() < 0.3:
            shot = replace(shot, headers=(("hx-request", "true"),))
        return spoil(chance, shot), False

    def _least(self, role: str, among: list[str], what: str) -> str:
        taken = {each: self._seen[role, f"{what} {each}"] for each in among}
        fewest = min(taken.values())
        chosen = self._chance.choice([each for each in among if taken[each] == fewest])
        self._seen[role, f"{what} {chosen}"] += 1
        return chosen

    def _read(self, role: str, address: str, answer: Answer) -> None:
        route = route_of("GET", address)
        if self._seen[role, f"read {route}"] >= _READ_EACH:
            return
        self._seen[role, f"read {route}"] += 1
        page: Page = read_page(answer.body.decode(), address)
        for link in page.links:
            self._know_link(role, link)
        for form in page.forms:
            self._forms[role][route_of(form.method, form.path)] = form

    def _know_link(self, role: str, path: str) -> None:
        if not path.startswith("/static/"):
            known = self._links[role].setdefault(route_of("GET", path), [])
            if path not in known and len(known) < 8:
                known.append(path)

    def _cookie(self, role: str) -> str:
        return f"{COOKIE}={self._cookies[role]}" if self._cookies[role] else ""

    def _fault(self, answer: Answer) -> str:
        heard, self._ear.heard = self._ear.heard, []
        if answer.status >= 500:
            return f"answered {answer.status}\n{''.join(heard)[-3_000:]}"
        if heard:
            return f"a traceback in the log\n{heard[0][-3_000:]}"
        size = sum(len(name) + len(value) for name, value in answer.headers)
        if size > LONGEST_HEADERS:
            return f"answered {answer.status} with headers of {size:,} bytes"
        if answer.seconds > SLOWEST or answer.waited > LONGEST_WAIT:
            return f"took {answer.seconds:.1f} s of work in {answer.waited:.1f} s"
        return ""

    def _tell(self, gun: Gun, shot: Shot, reason: str) -> None:
        """Keep the shortest request that still goes wrong in the same way, once for each kind of fault."""
        kind = _kind_of(shot, reason)
        if kind in self.tally.wrong:
            return
        shortest = shorten(shot, lambda each: self._goes_wrong(gun, each, kind))
        self.tally.wrong[kind] = f"{shortest}\n  {reason}"

    def _goes_wrong(self, gun: Gun, shot: Shot, kind: str) -> bool:
        return _kind_of(shot, self._fault(gun.send(shot, self._cookie(shot.role)))) == kind


def shorten(shot: Shot, goes_wrong: Callable[[Shot], bool]) -> Shot:
    """Return the request with as little as possible in it that still goes wrong, found in a bounded number of tries."""
    tries = 0
    simpler = shot.simpler()
    while simpler and tries < _TRIES:
        tries += 1
        candidate = simpler.pop(0)
        if goes_wrong(candidate):
            shot, simpler = candidate, candidate.simpler()
    return shot


@cache
def route_of(method: str, path: str) -> str:
    """The name of the route that answers, and of none for an address at which there is none."""
    path = path.partition("?")[0]
    return next((each.name for each in ROUTES if method in each.methods and each.path_regex.match(path)), "none")


def _kind_of(shot: Shot, reason: str) -> str:
    """Faults of one kind: at the same route, with the same last line of the log."""
    lines = reason.splitlines()
    return f"{route_of(shot.method, shot.path)} {lines[0][:14]} {lines[-1]}" if reason else ""
