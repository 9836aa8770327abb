"""What two texts must have in common to be alike, from their numbers of words alone.

With L common words in order, texts of m and n words have ROUGE-L F1 = 2L / (m + n). So a threshold says how many
words must be shared, and how much longer one text may be than the other. Where F1 lies exactly on the threshold
rouge_score's floats decide (``rouge.f1``), so nothing here excludes a tie.
"""

from math import ceil, floor

# Wider than any rounding error of these products, narrower than the step between two of them.
_SLACK = 1e-6


def fewest_common(threshold: float, m: int, n: int) -> int:
    """Return the fewest common words with which texts of ``m`` and ``n`` words reach ``threshold``; at least 1."""
    return max(1, ceil(threshold * (m + n) / 2 - _SLACK))


def shortest(threshold: float, m: int) -> int:
    """Return the fewest words of a text that reaches ``threshold`` beside one of ``m`` words; at least 1."""
    return max(1, ceil(m * threshold / (2 - threshold) - _SLACK))


def longest(threshold: float, m: int) -> int:
    """Return the most words of a text that reaches ``threshold`` beside one of ``m`` words."""
    return floor(m * (2 - threshold) / threshold + _SLACK)
