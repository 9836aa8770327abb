"""Candidates proposed by a model: pipelines, and the runs that carry them out."""
