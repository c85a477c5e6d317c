"""Administration: set up a registry, its keys, its trust list, its tokens and its backups."""
