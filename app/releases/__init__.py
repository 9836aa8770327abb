"""Releases: the approved set, frozen and written out."""
