"""Issuing: from a production record to certificates in the log, whoever signs them."""
