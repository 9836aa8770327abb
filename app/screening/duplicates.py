"""Near-duplicates: texts that are too similar to an earlier one that stays."""

from collections.abc import Hashable, Iterable, Iterator

from app.screening.pool import Neighbour, Pool


def set_apart(texts: Iterable[tuple[Hashable, str]], pool: Pool) -> Iterator[tuple[Hashable, Neighbour | None]]:
    """Yield each key of ``texts``, in order, with the most similar earlier text that stays, None where it stays itself.

    A text stays where no earlier one that stays is above the threshold of ``pool``, which is empty at first. So the
    texts that stay are all different enough from each other, and a near-duplicate of a near-duplicate can stay.
    """
    for key, text in texts:
        nearest = pool.above(text)
        if nearest is None:
            pool.add(key, text)
        yield key, nearest
