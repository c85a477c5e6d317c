"""The producer's desk: screens for people, under `/desk`."""
