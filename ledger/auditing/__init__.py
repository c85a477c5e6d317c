"""Auditors: judge every step of every chain by one's own memory, and sign the valid certificates each hour."""
