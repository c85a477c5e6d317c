"""Files: written as a whole or not at all, locked, and read again."""
