"""What a page lets somebody do: where its links lead, and what its forms send."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.web.html import Element, parse

_FIELDS = ("input", "select", "textarea", "button")
_LINKS = ("href", "hx-get", "hx-sse:connect", "data-poll")
_SENDS = ("hx-post", "hx-put", "hx-patch", "hx-delete")


@dataclass(frozen=True)
class Field:
    """One field: what it is called, its kind as ``type`` or the element says, and the values that a browser offers."""

    name: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """Where a form goes and what is in it."""

    method: str
    path: str
    fields: tuple[Field, ...] = ()
    has_file: bool = False


@dataclass
class Page:
    """The links and forms of a page."""

    links: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)


def read_page(html: str, address: str) -> Page:
    """Return what the page at ``address`` lets somebody do. Fails where an element is not closed in its turn."""
    root, page = parse(html), Page()
    by_id = {each["id"]: each for each in root.all() if each["id"]}
    for element in root.all():
        links = [element[name] for name in _LINKS if element[name] and element.tag != "link"]
        page.links += [path for link in links if (path := _local(address, link))]
        page.forms += _forms(element, by_id, address)
    return page


def _forms(element: Element, by_id: dict[str, Element], address: str) -> Iterator[Form]:
    """A form goes to its ``action``; any element may send on its own what is around it, or what it includes."""
    around = by_id.get(element["hx-include"].removeprefix("#"), element)
    while around.tag != "form" and around.parent is not None:
        around = around.parent
    fields = tuple(_fields(around)) if around.tag == "form" else tuple(_fields(element))
    has_file = "multipart" in around["enctype"]
    if element.tag == "form" and (path := _local(address, element["action"] or address)):
        yield Form((element["method"] or "get").upper(), path, fields, has_file)
    if element["formaction"] and (path := _local(address, element["formaction"])):
        yield Form("POST", path, fields, has_file)
    for name in _SENDS:
        if element[name] and (path := _local(address, element[name])):
            yield Form(name.removeprefix("hx-").upper(), path, fields, has_file)


def _fields(around: Element) -> Iterator[Field]:
    """The fields of a form, radio buttons and ticks of one name together."""
    offered: dict[str, tuple[str, list[str]]] = {}
    for each in [around, *around.all()]:
        if each.tag in _FIELDS and each["name"]:
            kind = each["type"] or each.tag
            offered.setdefault(each["name"], (kind, []))[1].extend(_values(each))
    for name, (kind, values) in offered.items():
        yield Field(name, kind, tuple(dict.fromkeys(values)))


def _values(element: Element) -> list[str]:
    if element.tag == "select":
        return [option.attributes.get("value", option.text) for option in element.all("option")]
    if element.tag == "textarea":
        return [element.own_text.removeprefix("\n")]
    is_ticked = element["type"] in {"checkbox", "radio"}
    return [element.attributes.get("value", "on" if is_ticked else "")]


def _local(address: str, link: Any) -> str:
    """Where a link leads in this site, empty where it leads elsewhere."""
    whole = urlsplit(urljoin(f"http://here{address}", link))
    if whole.netloc != "here":
        return ""
    return f"{whole.path}?{whole.query}" if whole.query else whole.path
