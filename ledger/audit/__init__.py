"""Audit: recompute everything in a home from its records; believe nothing because it is stored."""
