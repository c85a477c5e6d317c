"""Single-use holdings: their texts and marks, splits of them, and the statements people sign about them. Pure."""
