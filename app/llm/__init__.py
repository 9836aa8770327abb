"""The only door to models: who to call, the call itself, and the ledger of every call."""
