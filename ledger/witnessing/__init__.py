"""Witnesses and monitors: who cosigns the log, and what convicts a registry."""
