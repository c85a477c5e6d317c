"""The documents: bytes to values and back, one document a file, no hashing. See docs/architecture.md."""
