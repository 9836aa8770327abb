"""Figures of a study in plain Python, straight from their definitions: what the report is held to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from math import sqrt

Z = 1.959963984540054  # of the standard normal distribution, for 95%
# What each person answered about each example: answers[example][person].
Answers = Mapping[int, Mapping[str, str]]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson (1927): the shares that are within Z of the one that was seen."""
    seen, squared = successes / trials, Z * Z
    middle = (seen + squared / (2 * trials)) / (1 + squared / trials)
    half = Z / (1 + squared / trials) * sqrt(seen * (1 - seen) / trials + squared / (4 * trials**2))
    return middle - half, middle + half


def percent_agreement(answers: Answers) -> float:
    """The share of pairs of answers to one example that are the same."""
    pairs = [pair for given in answers.values() for pair in combinations(given.values(), 2)]
    return sum(one == other for one, other in pairs) / len(pairs)


def cohen(answers: Answers, one: str, other: str) -> float:
    """Cohen (1960): the agreement of two people beyond what their own frequencies bring about by chance."""
    both = [(given[one], given[other]) for given in answers.values() if one in given and other in given]
    seen = sum(mine == theirs for mine, theirs in both) / len(both)
    mine, theirs = Counter(pair[0] for pair in both), Counter(pair[1] for pair in both)
    chance = sum(mine[value] * theirs[value] for value in mine) / len(both) ** 2
    return (seen - chance) / (1 - chance)


def mean_cohen(answers: Answers, people: Sequence[str]) -> float:
    """Light (1971): the mean over all pairs of people."""
    kappas = [cohen(answers, *pair) for pair in combinations(people, 2)]
    return sum(kappas) / len(kappas)


def fleiss(answers: Answers) -> float:
    """Fleiss (1971), for equally many answers to each example."""
    counts = [Counter(given.values()) for given in answers.values()]
    total, each = sum(counts, Counter()), counts[0].total()
    seen = sum(sum(n * (n - 1) for n in count.values()) for count in counts) / (len(counts) * each * (each - 1))
    chance = sum(n * n for n in total.values()) / total.total() ** 2
    return (seen - chance) / (1 - chance)


def krippendorff(answers: Answers) -> float:
    """Krippendorff (2011), nominal: by the matrix of which answers met which in one example."""
    met: Counter[tuple[str, str]] = Counter()
    for given in answers.values():
        for pair in permutations(given.values(), 2):
            met[pair] += 1 / (len(given) - 1)
    totals: Counter[str] = Counter()
    for (one, _), count in met.items():
        totals[one] += count
    n = sum(totals.values())
    seen = sum(count for (one, other), count in met.items() if one != other)
    chance = sum(totals[one] * totals[other] for one, other in permutations(totals, 2)) / (n - 1)
    return 1 - seen / chance
