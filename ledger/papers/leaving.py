"""The table of what leaves the plant, as a paper with the same table attached as CSV.

Rules: members and meanings are those of the JSON Schemas, in English.  This module reads no clock.
"""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

from ledger.papers.paper import Paper, Section, Table
from ledger.papers.typeset import AttachedRecord, Setting, typeset
from ledger.seal.audiences import READER_MEANINGS, READERS, Member, members, tables

_YES = "yes"


def leaving_paper(day: date, *, author: str, link: str) -> bytes:
    """Return the table as a PDF; `author` is the registry, and `link` the page that its code leads to."""
    paper = Paper(
        "What leaves the plant",
        "Every member of the documents, and who sees it",
        ("A member without a yes is seen by its producer alone, and by whoever runs the registry.",),
        (
            Section("Who sees", table=Table(("reader", "who that is"), tuple(READER_MEANINGS.items()))),
            *(Section(document, table=_table(found)) for document, found in tables()),
        ),
    )
    record = AttachedRecord("what-leaves-the-plant.csv", "text/csv", leaving_csv())
    return typeset(paper, record, Setting("en", day, author, link, f"{author} · {day.isoformat()}"))


def leaving_csv() -> str:
    """Return the table as CSV."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(("document", "member", *READERS, "meaning"))
    rows.writerows((each.document, each.name, *_answers(each), each.meaning) for each in members())
    return text.getvalue()


def _table(found: list[Member]) -> Table:
    return Table(("member", *READERS), tuple((each.name, *_answers(each)) for each in found))


def _answers(member: Member) -> tuple[str, ...]:
    return tuple(_YES if reader in member.readers else "" for reader in READERS)
