"""Lots: what a producer holds, what became of a lot, and what limits it."""
