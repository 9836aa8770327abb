"""Near-duplicates: found, looked at in groups, turned down together and taken back."""
