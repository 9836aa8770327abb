"""Reading pages: a tree of elements, enough to ask about labels, headings and handlers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass
class Element:
    """One element with its attributes, its children and the text right inside it."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = field(default=None, repr=False)
    pieces: list["Element | str"] = field(default_factory=list, repr=False)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    @property
    def children(self) -> list["Element"]:
        """The elements right inside this one."""
        return [piece for piece in self.pieces if isinstance(piece, Element)]

    @property
    def own_text(self) -> str:
        """The text right inside this one."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))

    def all(self, *tags: str) -> Iterator["Element"]:
        """Every element below with one of these tags; every element where none is named."""
        for child in self.children:
            if not tags or child.tag in tags:
                yield child
            yield from child.all(*tags)

    @property
    def text(self) -> str:
        """All text inside, in order."""
        texts = (piece.text if isinstance(piece, Element) else piece for piece in self.pieces)
        return " ".join(" ".join(texts).split())

    def inside(self, tag: str) -> bool:
        """Whether an element with this tag is around this one."""
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.place = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.place)
        self.place.pieces.append(element)
        if tag not in VOID:
            self.place = element

    def handle_endtag(self, tag: str) -> None:
        assert self.place.tag == tag, f"</{tag}> closes <{self.place.tag}>"
        assert self.place.parent is not None
        self.place = self.place.parent

    def handle_data(self, data: str) -> None:
        self.place.pieces.append(data)


def parse(html: str) -> Element:
    """Return the root of a page. Fails where an element is not closed in its turn."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.place is reader.root, f"<{reader.place.tag}> is never closed"
    return reader.root
