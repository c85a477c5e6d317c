"""Every sentence that Oreprint says, by its stable code: errors, checks, headlines, reasons.

Rules: the sentences are data, in `sentences.toml`, so that translators can work on the same file; a code is
``area.reason`` in
lower case with hyphens and never changes its meaning; ``{names}`` are facts.  `docs/reference/codes.md` lists every
code.

What this module does not do: it fills in no facts (`schemas.problem`) and judges nothing.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final, NamedTuple


class Words(NamedTuple):
    """The sentences of one check: `passed`, `failed`, and `open` (withheld, absent, a warning, or ended)."""

    passed: str
    failed: str
    open: str = ""


_SENTENCES: Final[dict[str, Any]] = tomllib.loads((files("schemas") / "sentences.toml").read_text(encoding="utf-8"))

CODES: Final[dict[str, str]] = _SENTENCES["codes"]
"""What is wrong and what to do about it, by the code of a problem."""

CHECKS: Final[dict[str, Words]] = {code: Words(**words) for code, words in _SENTENCES["checks"].items()}
"""What a verification says of each check: one plain sentence, never more than was proven."""

WITHHELD: Final[str] = _SENTENCES["lead_ins"]["withheld"]
"""What stands before the sentence of a check that was not made, since what it needs is withheld."""

NOT_COUNTED: Final[dict[str, str]] = _SENTENCES["not_counted"]
"""Why an attestation does not count."""

HEADLINES: Final[dict[str, str]] = _SENTENCES["headlines"]
"""The first sentence of a report, by its verdict: "genuine record", never "green" or "verified sustainable"."""

NOT_PROVEN: Final[dict[str, str]] = _SENTENCES["not_proven"]
"""What a verification never proves, or does not prove without witnesses and a monitor."""

ASSURANCES: Final[dict[str, str]] = _SENTENCES["assurances"]
"""What each assurance means."""

REASONS: Final[dict[str, str]] = _SENTENCES["reasons"]
"""What decides the answer to a claim: one sentence about the run or batch at the end of the answer's path."""
