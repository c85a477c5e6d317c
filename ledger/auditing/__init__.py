"""Auditors: judge every step of every chain by one's own memory, and sign each hour what still stands."""
