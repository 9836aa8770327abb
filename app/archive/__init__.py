"""The end of a project: archived, so that it is only read, and deleted piece by piece."""
