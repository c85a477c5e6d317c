"""Plausibility rules: what a run states against physics, accounting and published figures."""
