"""Elements, formulas, compositions and exact numbers: the lowest layer."""
