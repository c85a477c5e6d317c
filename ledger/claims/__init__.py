"""Claims about a batch: rules as data, and the answer to each claim with the run that decides it."""
