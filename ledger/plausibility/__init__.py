"""Plausibility rules: check a run against physics, accounting and published figures."""
