"""People who rate, many in one process beside the server's: each a kept-open connection that does what the page does.

The page loads the first example and the next two, then sends one answer at a time; what an answer brings back is the
next one to be held. Reading the answers is kept cheap, since the machine that is measured has to do it, too.
"""

import asyncio
import gzip
import multiprocessing
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from _served import cpu_of

from app.rating.rubrics import quality_study
from app.web.visit import COOKIE

AHEAD = 2
_ANSWERS = {question.name: question.valid for question in quality_study.questions}
_CARD = re.compile(
    rb'data-candidate="(\d+)".*?name="version" value="(\d+)".*?name="submission" value="([^"]+)"', re.DOTALL
)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Who rates: ``path`` is where, such as ``/projects/1/rate``, ``ahead`` where the page looks ahead."""

    id: int
    token: str
    port: int
    path: str
    ahead: str


@dataclass
class Work:
    """What came of it. ``saved`` are whom the server said it stored an answer for, and the answer's own name.

    ``saves`` and ``looks`` are milliseconds, of answers until they were stored and of looks ahead; ``errors`` what went
    wrong; ``cpu`` the seconds of the processor that asking took, ``cpu_of_servers`` those that answering took, and
    ``seconds`` those on the clock.
    """

    saved: list[tuple[int, str]] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu: float = 0.0
    cpu_of_servers: float = 0.0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers stored a second."""
        return len(self.saved) / self.seconds


def rate_together(
    people: Sequence[Person], servers: Sequence[int], seconds: float, *, pause: float = 0.0, looks: int = 0
) -> Work:
    """Let people rate in a process of its own: one after the other at once or, with a ``pause``, one each so often.

    ``servers`` are the numbers of the processes that answer. ``looks``: so many further looks ahead are measured before
    anybody answers.
    """
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(_rate, (list(people), list(servers), seconds, pause, looks))


def _rate(people: list[Person], servers: list[int], seconds: float, pause: float, looks: int) -> Work:
    return asyncio.run(_work(people, servers, seconds, pause, looks))


async def _work(people: list[Person], servers: list[int], seconds: float, pause: float, looks: int) -> Work:
    work = Work()
    raters = [_Rater(person, work) for person in people]
    for each in raters:  # they sit down one after the other
        await each.sit_down()
    for _ in range(looks):
        for each in raters:
            await each.look_ahead(is_measured=True)
    cpu, of_servers, begun = time.process_time(), sum(map(cpu_of, servers)), time.perf_counter()
    turns = [begun + pause * place / len(raters) for place in range(len(raters))]
    await asyncio.gather(*(each.go_on(turns[place], begun + seconds, pause) for place, each in enumerate(raters)))
    work.cpu, work.seconds = time.process_time() - cpu, time.perf_counter() - begun
    work.cpu_of_servers = sum(map(cpu_of, servers)) - of_servers
    for each in raters:
        each.leave()
    return work


class _Rater:
    def __init__(self, person: Person, work: Work) -> None:
        self._person, self._work = person, work
        self._cards: list[tuple[str, str, str]] = []

    async def sit_down(self) -> None:
        await self._connect()
        self._take(await self._ask("GET", self._person.path, page=True))
        for _ in range(AHEAD):
            await self.look_ahead()

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._person.port)

    def leave(self) -> None:
        self._writer.close()

    async def look_ahead(self, *, is_measured: bool = False) -> None:
        begun = time.perf_counter()
        answer = await self._ask("GET", f"{self._person.ahead}?held={self._held()}")
        if is_measured:
            self._work.looks.append(1_000 * (time.perf_counter() - begun))
        else:
            self._take(answer)

    async def go_on(self, start: float, end: float, pause: float) -> None:
        while (now := time.perf_counter()) < end:
            if pause and now < start:
                await asyncio.sleep(min(start, end) - now)
                continue
            start += pause
            if not self._cards:
                self._work.errors.append("nothing was left to rate")
                return
            await self._answer()

    async def _answer(self) -> None:
        number, version, submission = self._cards.pop(0)
        held = ",".join([self._held(), number])
        form = {"version": version, "submission": submission, "annotator": self._person.id, "seconds": "4.2"}
        body = urlencode(form | {"held": held, "action": "save", "comment": ""} | _ANSWERS)
        begun = time.perf_counter()
        status, headers, answer = await self._ask("POST", f"{self._person.path}/{number}", body)
        self._work.saves.append(1_000 * (time.perf_counter() - begun))
        if status != 200 or f"tamis-saved: {submission}".encode() not in headers:
            self._work.errors.append(f"{status} for an answer: {answer[:200]!r}")
            return
        self._work.saved.append((self._person.id, submission))
        self._take((status, headers, answer))

    def _held(self) -> str:
        return ",".join(number for number, _, _ in self._cards)

    def _take(self, answer: tuple[int, bytes, bytes]) -> None:
        status, headers, html = answer
        if status != 200:
            self._work.errors.append(f"{status} for the next one")
            return
        card = _CARD.search(gzip.decompress(html) if b"content-encoding: gzip" in headers else html)
        if card:
            number, version, submission = (each.decode() for each in card.groups())
            self._cards.append((number, version, submission))

    async def _ask(self, method: str, path: str, body: str = "", *, page: bool = False) -> tuple[int, bytes, bytes]:
        if self._reader.at_eof():  # the server ends connections that nobody uses for a while
            self._writer.close()
            await self._connect()
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._person.port}", "Accept-Encoding: gzip"]
        lines += [f"Cookie: {COOKIE}={self._person.token}", "Sec-Fetch-Site: same-origin"]
        lines += [] if page else ["HX-Request: true"]
        if body:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self._writer.write("\r\n".join([*lines, "", body]).encode())
        headers = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(headers)
        if not length:
            raise RuntimeError(f"{method} {path} answered without a length")
        return int(headers[9:12]), headers, await self._reader.readexactly(int(length[1]))
