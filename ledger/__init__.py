"""Hashes, keys, sums: rooms are nouns (packages), verbs are the modules beside them. See docs/architecture.md."""
