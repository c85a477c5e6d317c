"""Hashes, keys, sums: rooms named by what people look for. See docs/architecture.md."""
