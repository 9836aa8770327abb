"""Forms as they stand in pages, sent by everybody with values that nobody expects. ``walk`` is the way through."""
