"""Studies: how good a sample of candidates is, as several people judge it."""
