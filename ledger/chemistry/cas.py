"""CAS Registry Numbers: their last digit shows a slip of the pen.

This module knows no substances (`ledger.factors.fit` does).
"""

from __future__ import annotations

import re
from typing import Final

_FORM: Final = re.compile(r"[1-9][0-9]{1,6}-[0-9]{2}-[0-9]", re.ASCII)


def is_cas(text: str) -> bool:
    """Return whether a text is a CAS Registry Number: the last digit is the sum of the others x their place, mod 10."""
    if _FORM.fullmatch(text) is None:
        return False
    digits = [int(digit) for digit in text if digit != "-"]
    return sum(place * digit for place, digit in enumerate(reversed(digits[:-1]), 1)) % 10 == digits[-1]
