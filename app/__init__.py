"""Tamis: a model proposes instruction data, filters sift it, people judge it, what they approve is kept."""

__version__ = "0.1.0"
