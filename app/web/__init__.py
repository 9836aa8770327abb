"""Who sees it: pages, and what every page shares."""
