"""Quality measured on a sample: drawn, given out, rated by several people, decided where they differ, reported."""
