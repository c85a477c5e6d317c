"""The pinned trust list (who may sign what) and the status lists (what has ended)."""
