"""Pages for people about one certificate."""
