"""Regular expressions of text forms in documents, each with the code that explains a mismatch.

Rules: the dialect is what pydantic's Rust engine and JSON Schema's ECMA have in common; every pattern is anchored
and ASCII only.  A pattern here is the whole truth about a text form: what it matches is valid.
"""

from __future__ import annotations

from typing import Final

_WHOLE = "[1-9][0-9]{0,11}"


def unsigned(places: int) -> str:
    """Return the pattern, without anchors, of an amount of zero or more with at most so many decimals."""
    return rf"(?:0|{_WHOLE})(?:\.[0-9]{{0,{places - 1}}}[1-9])?"


def _positive(places: int) -> str:
    return rf"(?:0\.[0-9]{{0,{places - 1}}}[1-9]|{_WHOLE}(?:\.[0-9]{{0,{places - 1}}}[1-9])?)"


def fraction(places: int) -> str:
    """Return the pattern, without anchors, of a fraction of 0 to 1 with at most so many decimals."""
    return rf"(?:0(?:\.[0-9]{{0,{places - 1}}}[1-9])?|1)"


AMOUNT_6: Final = f"^{unsigned(6)}$"
AMOUNT_12: Final = f"^{unsigned(12)}$"
POSITIVE_6: Final = f"^{_positive(6)}$"
POSITIVE_12: Final = f"^{_positive(12)}$"
SIGNED_12: Final = f"^(?:0|-?{_positive(12)})$"
FRACTION_6: Final = f"^{fraction(6)}$"
FRACTION_12: Final = f"^{fraction(12)}$"
RATING: Final = r"^(?:[1-4](?:\.[0-9]{0,5}[1-9])?|5)$"
"""A data-quality rating: 1 (best) to 5, at most 6 decimals."""
SPREAD_KEY: Final = (
    "^(?:grid:[A-Z]{2}:(?:direct|life-cycle)|unsplit"
    "|(?:materials|fuels|electricity|direct|transport|waste)(?::[a-z0-9]+(?:-[a-z0-9]+)*)?)$"
)
"""A key of uncertainty that batches share: a country's grid with its set, a group of lines alone or with the flow of a
factor, or `unsplit`."""
RULE_ID: Final = "^[A-Z]{1,2}(?:-[A-Z0-9]{1,10}){1,3}$"
"""The name of a plausibility rule."""
PEDIGREE: Final = "^[1-5]{5}$"
"""Five scores of 1 (best) to 5: reliability, completeness, time, geography, technology."""

_YEAR = "2[01][0-9]{2}"
_LEAP_YEAR = "(?:20(?:[02468][048]|[13579][26])|21(?:0[48]|[2468][048]|[13579][26]))"
_DAY = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
DAY: Final = f"^{_DAY}$"
"""A date that exists, 2000 to 2199 (RFC 3339 full-date); 2100 is no leap year."""

INSTANT: Final = f"^{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
"""A second in UTC (RFC 3339 date-time), upper case, no leap second."""

LANGUAGE: Final = "^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$"
"""Language, script and region of BCP 47, in its recommended case."""

WORDS: Final = "^[^\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]{1,600}$"
"""A line of plain words: nothing that can't be seen or that turns the text around, at most 600 characters."""

YEAR: Final = "^20[0-9]{2}$"
CLAIM_ID: Final = "^[a-z]+(?:-[a-z]+){0,5}$"
FORMULA: Final = r"^[A-Z(][A-Za-z0-9().\u00b7]{0,99}$"
COSIGNER_AT: Final = r"^(?:https?://[^\s?#]{1,300}|[a-z0-9][a-z0-9-]{0,40}(?:/[a-z0-9][a-z0-9-]{0,40}){0,2})$"
VERIFIER_KEY: Final = r"^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{20,2000}={0,2}$"

CODE_OF_PATTERN: Final[dict[str, str]] = {
    AMOUNT_6: "quantity.amount-6",
    AMOUNT_12: "quantity.amount-12",
    POSITIVE_6: "quantity.positive-6",
    POSITIVE_12: "quantity.positive-12",
    SIGNED_12: "quantity.signed-12",
    FRACTION_6: "quantity.fraction",
    FRACTION_12: "quantity.fraction",
    RATING: "quantity.rating",
    SPREAD_KEY: "quantity.spread-key",
    PEDIGREE: "quantity.pedigree",
    DAY: "quantity.day",
    INSTANT: "quantity.instant",
    LANGUAGE: "document.language",
    WORDS: "document.words",
}

RUN_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"
"""A plant's name of a run. A lot may have other characters."""
ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
"""A number of a paper, such as a purchase order."""
EMAIL: Final = r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}$"
"""An e-mail address; only its mail server knows whether it is one (RFC 5321, 4.5.3.1)."""
CURSOR: Final = r"^(?:0|[1-9][0-9]{0,17})\.(?:0|[1-9][0-9]{0,4})$"
"""Where the next page of a list of certificates begins."""
LOT_CURSOR: Final = r"^[0-9a-f]{64}\.(?:0|[1-9][0-9]{0,4})$"
"""Where the next page of holdings begins."""
SHORT_ID: Final = "^[0-9a-f]{12}$"
"""The id of a contact, a shipment, a private link, a webhook or an approval."""
