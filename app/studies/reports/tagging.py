"""What raters tagged as the matter with examples, and how far they agree on it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.rating.rubric import Rubric
from app.studies.reports.said import Said, by_item, differ_on


def tags_given(rubric: Rubric, said: Sequence[Said]) -> list[dict[str, Any]]:
    """Return each tag that somebody gave, the most frequent first: in how many ratings, on how many examples, on how
    many of those raters answered a question differently or some gave the tag and others didn't, and on which."""
    items = by_item(said)
    disputed = {item for item, those in items.items() if any(differ_on(each.name, those) for each in rubric.questions)}
    given = list(dict.fromkeys([*rubric.tags, *(tag for each in said for tag in each.tags)]))
    found = [_tag(tag, items, disputed) for tag in given]
    return sorted((each for each in found if each["ratings"]), key=lambda each: -each["ratings"])


def _tag(tag: str, items: Mapping[int, Sequence[Said]], disputed: set[int]) -> dict[str, Any]:
    rows = [
        _item(tag, those, is_disputed=item in disputed)
        for item, those in items.items()
        if any(tag in each.tags for each in those)
    ]
    return {
        "tag": tag,
        "ratings": sum(len(each["by"]) for each in rows),
        "examples": len(rows),
        "disputed": sum(each["disputed"] for each in rows),
        "split": sum(bool(each["not_by"]) for each in rows),
        "items": rows,
    }


def _item(tag: str, said: Sequence[Said], *, is_disputed: bool) -> dict[str, Any]:
    return {
        "item": said[0].item_id,
        "candidate": said[0].candidate_id,
        "position": said[0].position,
        "disputed": is_disputed,
        "by": [each.annotator for each in said if tag in each.tags],
        "not_by": [each.annotator for each in said if tag not in each.tags],
    }
