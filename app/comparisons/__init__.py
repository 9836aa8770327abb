"""Comparisons: several models answer the same examples, another judges the answers, and pairs come of it."""
