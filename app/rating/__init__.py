"""Candidates judged by people: what they are asked, what they see next, what they answered."""
