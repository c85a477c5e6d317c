"""Papers on the command line: the record is verified by the reader's trust list, then the paper is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from cli.parts import now_ms, trust_at_hand
from cli.source import of_home, open_source, pages_origin
from ledger.client.judging import verified
from ledger.files.source import Source, SourceBundle
from ledger.papers.paper import PaperSubject, Speaker
from ledger.tables import shipped_tables
from ledger.verify.chain import Policy
from ledger.verify.graph import certificate_texts
from ledger.verify.verdict import report
from schemas.instant import date_of, time_text
from schemas.problem import InputError, problems_in
from schemas.vocabulary import Audience

if TYPE_CHECKING:
    from ledger.papers.make import PaperFile
    from ledger.papers.support import PaperKind

KIND_OF: Final[dict[str, PaperKind]] = {"pdf": "certificate", "crma": "crma", "dfars": "dfars", "csv": "figures"}
"""The paper of each format of `oreprint sheet`."""


class PaperWish(NamedTuple):
    """The content of a paper and its options."""

    source: str
    form: str
    day: str | None
    audience: Audience
    trust: Path | None
    home: Path | None
    delivery: Mapping[str, str | None] = MappingProxyType({})


def paper_of(wish: PaperWish, said: Speaker) -> PaperFile:
    """Return the paper of a certificate or a bundle.

    Raises:
        RefusedError: `paper.*`; InputError: `file.*`, `paper.unreadable`, `verify.trust-missing`, `document.*`.
    """
    from ledger.papers.delivery import read_delivery
    from ledger.papers.make import Wish, make_paper

    pinned = trust_at_hand(wish.trust, wish.home)
    if pinned is None:
        raise InputError.at("verify.trust-missing")
    at_ms = now_ms()
    delivery = read_delivery(**wish.delivery)
    with problems_in("--date"):
        day = date_of(wish.day) if wish.day else date.fromisoformat(time_text(at_ms)[:10])
    with open_source(wish.source, home=wish.home, audience=wish.audience) as found:
        raw, texts, again = _kept(found)
        chain = verified(again, pinned, shipped_tables(), Policy(at_ms=at_ms))
    if of_home(wish.source, wish.home):
        from cli.parts import open_to_read
        from ledger.bundles.recall import learn

        learn(open_to_read(wish.home), chain)
    subject = PaperSubject.of(chain, report(chain), texts)
    return make_paper(subject, raw, Wish(KIND_OF[wish.form], day, pages_origin(), delivery), said)


def _kept(found: Source) -> tuple[bytes, list[str], Source]:
    """Return a source's bytes, the texts of its certificates, and the same source to be read again."""
    if isinstance(found, SourceBundle):
        lines = list(found.lines)
        return b"".join(lines), list(certificate_texts(lines[1:])), replace(found, lines=iter(lines))
    return found.text.encode(), [found.text], found
