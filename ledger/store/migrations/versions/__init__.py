"""One file a migration, oldest first; a released one never changes."""
