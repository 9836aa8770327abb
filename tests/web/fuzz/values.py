"""The ways to spoil a request with what nobody expects. Whatever is drawn is drawn from one seed."""

import random
from collections.abc import Callable
from dataclasses import replace

from tests.web.fuzz.forms import Field, Form
from tests.web.fuzz.odd import CONTENT_TYPES, FILES, HEADERS, LONG, METHODS, NAMES, NUMBERS, PIECES, TEXTS
from tests.web.fuzz.shots import MULTIPART, URLENCODED, File, Shot, Value, urlencoded


def fill_in(chance: random.Random, role: str, form: Form) -> Shot:
    """Send a form as somebody would who fills in what is empty and chooses from what is offered."""
    fields = tuple((each.name, _typed(chance, each)) for each in form.fields if each.kind not in {"submit", "button"})
    pressed = [each for each in form.fields if each.kind in {"submit", "button"}]
    fields += tuple((each.name, chance.choice(each.values)) for each in chance.sample(pressed, min(1, len(pressed))))
    if form.method == "GET":
        return with_query(Shot(role, "GET", form.path), fields)
    layout = MULTIPART if form.has_file else URLENCODED
    return Shot(role, form.method, form.path, fields, layout=layout, content_type=layout)


def _typed(chance: random.Random, field: Field) -> str | File:
    if field.kind == "file":
        return chance.choice(FILES[:4])
    values = [value for value in field.values if value]
    if values:
        return chance.choice(values)
    return "3" if field.kind == "number" else chance.choice(["3", "Some words", "", "a@b.example"])


def with_query(shot: Shot, fields: tuple[tuple[str, Value], ...]) -> Shot:
    """Return a request whose query holds ``fields`` instead of what it held."""
    return replace(shot, path=f"{shot.path.partition('?')[0]}?{urlencoded(fields).decode()}", fields=())


def spoil(chance: random.Random, shot: Shot) -> Shot:
    """Return a request spoilt in one to three ways, or, now and then, in none: so that something happens, too."""
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        shot = chance.choices(list(WAYS), list(WAYS.values()))[0](chance, shot)
    return shot


def _value(chance: random.Random, shot: Shot) -> Shot:
    return _changed(chance, shot, lambda _: chance.choice(chance.choice([NUMBERS, TEXTS])))


def _every_value(chance: random.Random, shot: Shot) -> Shot:
    value = chance.choice(chance.choice([NUMBERS, TEXTS]))
    return replace(shot, fields=tuple((name, value) for name, _ in shot.fields))


def _missing(chance: random.Random, shot: Shot) -> Shot:
    gone = {name for name, _ in shot.fields if chance.random() < 0.4}
    return replace(shot, fields=tuple(each for each in shot.fields if each[0] not in gone))


def _repeated(chance: random.Random, shot: Shot) -> Shot:
    again = [chance.choice(shot.fields)] * chance.choice([1, 2, 1_200]) if shot.fields else []
    return replace(shot, fields=(*shot.fields, *again))


def _unknown(chance: random.Random, shot: Shot) -> Shot:
    more = [(chance.choice(NAMES), chance.choice(TEXTS)) for _ in range(chance.choice([1, 3]))]
    return replace(shot, fields=(*shot.fields, *more))


def _file(chance: random.Random, shot: Shot) -> Shot:
    spoilt = replace(shot, layout=MULTIPART, content_type=MULTIPART)
    return _changed(chance, spoilt, lambda _: chance.choice(FILES))


def _other_layout(chance: random.Random, shot: Shot) -> Shot:
    """A text where a file stands, or just the other way to write the same."""
    layout = URLENCODED if shot.layout == MULTIPART else MULTIPART
    spoilt = replace(shot, layout=layout, content_type=layout)
    return _changed(chance, spoilt, lambda value: value.name if isinstance(value, File) else value)


def _content_type(chance: random.Random, shot: Shot) -> Shot:
    return replace(shot, content_type=chance.choice(CONTENT_TYPES))


def _cut(chance: random.Random, shot: Shot) -> Shot:
    return replace(shot, cut=chance.randint(1, max(1, len(shot.body))))


def _header(chance: random.Random, shot: Shot) -> Shot:
    return replace(shot, headers=(*shot.headers, chance.choice(HEADERS)))


def _method(chance: random.Random, shot: Shot) -> Shot:
    return replace(shot, method=chance.choice(METHODS))


def _query(chance: random.Random, shot: Shot) -> Shot:
    path, _, query = shot.path.partition("?")
    names = [pair.partition("=")[0] for pair in query.split("&") if pair] + [
        "q",
        "page",
        "next",
        "before",
        "at",
        "sort",
    ]
    value = urlencoded([(chance.choice(names), chance.choice(TEXTS + NUMBERS))]).decode()
    return replace(shot, path=f"{path}?{query}&{value}" if query and chance.random() < 0.5 else f"{path}?{value}")


def _long_query(chance: random.Random, shot: Shot) -> Shot:
    path, mark, query = shot.path.partition("?")
    name, piece = (
        chance.choice(["next", "q", "page", "x", "%"]),
        chance.choice(["x", "%C3%A9", "%F0%9F%A6%8A", "%", "a=b&"]),
    )
    return replace(shot, path=f"{path}?{query}{mark and '&'}{name}={piece * (LONG // len(piece))}")


def _path(chance: random.Random, shot: Shot) -> Shot:
    path, mark, query = shot.path.partition("?")
    pieces = path.split("/")
    pieces[chance.randrange(1, len(pieces))] = chance.choice(PIECES)
    return replace(shot, path="/".join(pieces) + mark + query)


def _slash(_: random.Random, shot: Shot) -> Shot:
    path, _, query = shot.path.partition("?")
    return replace(shot, path=f"{path}/?{query}")


def _changed(chance: random.Random, shot: Shot, change: Callable[[str | File], str | File]) -> Shot:
    """Return a request with one or more of its fields changed."""
    if not shot.fields:
        return shot
    places = set(chance.choices(range(len(shot.fields)), k=chance.choice([1, 1, 2, 4])))
    fields = ((name, change(value) if place in places else value) for place, (name, value) in enumerate(shot.fields))
    return replace(shot, fields=tuple(fields))


# Each with how often it is taken beside the others.
WAYS: dict[Callable[[random.Random, Shot], Shot], int] = {
    _value: 12,
    _every_value: 2,
    _missing: 3,
    _repeated: 2,
    _unknown: 2,
    _file: 2,
    _other_layout: 1,
    _content_type: 1,
    _cut: 1,
    _header: 4,
    _method: 1,
    _query: 4,
    _long_query: 1,
    _path: 1,
    _slash: 1,
}
