"""The routes, a noun a module: each parses, calls one function of the ledger, and writes."""
