"""Accounts: who somebody is, how they sign in, what they may do, and how they are invited."""
