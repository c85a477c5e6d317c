"""Phrases that stand as facts in sentences, so that catalogues translate them, too.

Rules: a phrase has no remedy of its own; the sentence around it has one. `{known}` is what differs.
"""

from __future__ import annotations

from typing import Final

NEVER_ISSUED: Final = "{known} was never issued from this plant"
RUN_MADE: Final = "the run made {known}"
UNIT_CASE: Final = "upper and lower case matter: write {known}"
UNIT_KNOWN: Final = "write one of {known}"
FRACTION_OF: Final = "the fraction of {known}"
USUALLY: Final = "usually {known}"
USUALLY_LEAST: Final = "usually at least {known}"
USUALLY_MOST: Final = "usually at most {known}"
AT_LEAST: Final = "at least {known}"
HERE_ABOUT: Final = "{usual}, here about {known}"
NO_USUAL: Final = "no usual amount is known"
TEMPLATES: Final = (
    USUALLY_LEAST,
    USUALLY_MOST,
    AT_LEAST,
    USUALLY,
    NEVER_ISSUED,
    RUN_MADE,
    UNIT_CASE,
    UNIT_KNOWN,
    FRACTION_OF,
)
"""Phrases around something that differs, the longer one first."""

REPEATED: Final = {
    "run": "the run",
    "producer": "the producer",
    "step": "the step",
    "period": "the period",
    "gwp": "the GWP set",
    "electricity_set": "the electricity set",
    "allocation": "the allocation",
    "mass": "the net mass",
    "certify": "whether an output is certified",
    "allocate": "whether an output takes a share",
    "lot": "the lot as printed",
    "kind": "the kind",
    "elements": "the element masses",
    "price": "the price",
    "composition": "the composition",
    "origin": "the origin",
}
"""What a correction must repeat, by its member."""


def taken_apart(text: str) -> tuple[str, str] | None:
    """Return the template of a phrase and what differs in it; None for what is no such phrase."""
    for template in TEMPLATES:
        begin, _, end = template.partition("{known}")
        if text.startswith(begin) and text.endswith(end) and len(text) > len(begin) + len(end):
            return template, text[len(begin) : len(text) - len(end)]
    return None
