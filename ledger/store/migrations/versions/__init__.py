"""One file a migration, oldest first.  A released migration never changes."""
