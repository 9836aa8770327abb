"""Filters that may object to a proposed example, and the pool that novelty is measured against."""
