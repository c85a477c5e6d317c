"""Every stable code with its English sentence: one catalogue for errors, checks and reports.

Rules: a code is ``area.reason`` in lower case with hyphens and never changes its meaning; a sentence says
what is wrong and, where there is one, the remedy; ``{names}`` are facts.  `docs/reference/codes.md` documents
each code (a test compares the two).  Kept in alphabetical order within an area.
"""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    # json: the strict door for JSON
    # yaml: the strict door for YAML
    # document: a readable document that says something impossible
    # quantity: amounts, units, times
    # chemistry
    "composition.element": "{element} is not an element with a pinned atomic weight; write its symbol, such as Nd.",
    "composition.zero": "A listed element needs a fraction above 0; leave an element out that is not there.",
    "exact.large": "The number has more than {digits} digits before the point and could not be read back.",
    "exact.places": "{value} has more than {places} decimals.",
    "exact.sign": "{value} is negative, and nothing negative belongs here.",
    "exact.spelling": (
        "{value} is not a plain decimal number; write digits and a point, at most 12 before and 12 after it, "
        "no exponent, no plus sign, no zeros in front or at the end."
    ),
    "formula.charge": "{value} carries a charge; write the neutral compound.",
    "formula.element": "{element} in {value} is not an element with a pinned atomic weight.",
    "formula.parenthesis": "The parentheses of {value} do not match, are empty or nest too deep.",
    "formula.spelling": (
        "{value} is not a formula from {rest} on; write symbols, counts other than 1 and parentheses, and the water "
        "of a hydrate after a raised dot, as in Nd2(C2O4)3·10H2O."
    ),
    # seal
    # log
    "log.bundle": (
        "An entry bundle must hold exactly {width} entries with nothing after them; fetch it again from the log."
    ),
    "log.checkpoint-form": (
        "A checkpoint must be three lines: origin, tree size, root hash in base64; extension lines aren't accepted."
    ),
    "log.checkpoint-origin": "The origin {origin} must not be empty or hold control characters.",
    "log.checkpoint-root": "The root hash must be the base64 of 32 bytes.",
    "log.checkpoint-size": "The tree size {size} must be a decimal number from 0 to {limit} without leading zeros.",
    "log.consistency": "The log was rewritten: the proof doesn't lead from the old root to the new one.",
    "log.cosignature": "A cosignature must be a time in seconds (8 bytes) and an Ed25519 signature (64 bytes).",
    "log.empty-root": "The head of a log without entries must carry the root hash of the empty tree.",
    "log.entry-bit": (
        "The status bit at list {list}, index {index} is out of range: purpose is 1, 2 or 3 and value 0 or 1."
    ),
    "log.entry-digest": "The digest of a log entry must be 32 bytes.",
    "log.entry-form": "These {size} bytes are not a log entry: its length doesn't fit its counts.",
    "log.entry-kind": "The kind {kind} of a log entry is unknown: 1 is a record, 2 a status list, 3 a trust list.",
    "log.entry-listed": (
        "A log entry of kind 2 or 3 names its list by number and 32-byte digest, and one of kind 1 names none."
    ),
    "log.entry-mark": "Each mark of a log entry must be 32 bytes.",
    "log.entry-order": "They must be strictly ascending, with none given twice.",
    "log.entry-size": "A log entry of {size} bytes is longer than {limit} bytes.",
    "log.entry-time": "The time {time} of a log entry must be milliseconds from 0 to 2^63 - 1.",
    "log.entry-version": "The version {version} of a log entry is unknown; a newer Oreprint may read it.",
    "log.frontier": "The right edge of a tree of {size} entries can't have {count} hashes.",
    "log.inclusion": "The proof doesn't lead from this entry to the root: the log doesn't hold it at this place.",
    "log.index": "A tree of {size} entries has no entry {index}.",
    "log.key-name": "The key name {name} must not be empty or hold spaces or a plus sign.",
    "log.note-control": (
        "A signed note must not hold the control character {character}; end its lines with a plain newline."
    ),
    "log.note-encoding": "A signed note must be valid UTF-8.",
    "log.note-form": "A signed note must be a text that ends in a newline, one blank line, and signature lines.",
    "log.note-signature": (
        "This is not a signature line: em dash, space, key name, space, base64 of key id and signature."
    ),
    "log.note-signatures": "A signed note must have 1 to {limit} signatures, not {count}.",
    "log.note-size": "A signed note of {size} bytes is longer than {limit} bytes.",
    "log.origin": "The checkpoint is of the log {origin}, not of {log}.",
    "log.proof-length": "A proof for this place in a tree of this size has {needed} hashes, not {count}.",
    "log.signature": "The signature in the name of {key} is wrong: the note was changed, or another key signed it.",
    "log.sizes": (
        "There is no proof from a tree of {old} entries to one of {new}: the old must not be empty or larger "
        "than the new."
    ),
    "log.tile": "There is no tile of level {level}, index {index} and width {width}.",
    "log.tile-path": "{path} is not a tile path such as tile/0/x001/234 or tile/entries/000.p/7.",
    "log.tile-width": "The tile is {count} bytes long instead of {needed}; fetch it again from the log.",
    "log.unsigned": "None of the keys to be relied on has signed this note.",
    "log.vkey": (
        "{key} is not a verifier key: name, plus, key id, plus, base64 of type 1 or 4 and a 32-byte Ed25519 key."
    ),
    # trust
    # holding
    # footprint and rule
    "factor.cell": "{value} is not what column {column} holds: {expected}.",
    "factor.columns": "The first line must name exactly the columns {expected}; it names {found}.",
    "factor.duplicate": "The factor {id} stands in more than one row or table; an id means one thing.",
    "factor.encoding": "The table is not UTF-8 text; save it as CSV UTF-8.",
    "factor.gas": "{value} is not a gas of the inventory followed by = and its mass; the gases are {expected}.",
    "factor.gwp-set": "A row with CO2e names the GWP set it was summed under (AR5 or AR6), and no other row does.",
    "factor.large": "The table has more than {limit} bytes.",
    "factor.row": "The row has {found} cells, but there are {expected} columns, or a quotation mark is not closed.",
    "factor.unknown": "No factor table here has {id}; name one that exists, or add a table that holds it.",
    "rule.m-sum": "The composition sums to {total}; it must be 1 within 0.005 (loss on ignition included).",
    # install: the installation itself
    "install.name-taken": (
        "The distribution {owner} has files in the top-level package {name}, which Oreprint needs for itself. {remedy}"
    ),
    # store and home
    # verify: check codes of the report
}
