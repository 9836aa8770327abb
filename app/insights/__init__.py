"""What the data looks like as a whole."""
