"""Who may sign what, and what has ended since: the pinned trust list and the status lists."""
