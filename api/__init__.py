"""HTTP: parse, call one function of the ledger, write. See docs/architecture.md."""
