"""Candidates looked at: listed and searched, one with its lineage, and edited."""
