"""Drafting: from a written production record to a computed run, with its trace."""
