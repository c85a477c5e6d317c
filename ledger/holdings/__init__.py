"""Single-use holdings: their texts and nullifiers, splits of them, and the statements that people sign about them.

Pure.
"""
