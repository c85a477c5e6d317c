"""Elements, formulas, compositions and exact numbers: the lowest layer, which knows no ledger and no footprint."""
