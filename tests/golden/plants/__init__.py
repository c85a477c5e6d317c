"""Assumed plants whose records are written to `examples`; `tests.golden.make_plants` writes them."""
