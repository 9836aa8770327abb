"""An offline model with known mistakes, for trying everything without a key and for measuring filters."""
