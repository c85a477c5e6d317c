"""Audit: everything in a home recomputed from the records that are stored in it; nothing is believed because it is stored."""
