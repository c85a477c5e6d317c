"""Papers to take away: what a verified record supports, with the record inside."""
