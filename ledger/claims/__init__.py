"""Claims about a batch: rules as data, and what can be said of each, with the run that decides."""
