"""Judge a certificate, a presentation, a bundle, a PDF or a link, by the reader's own trust list."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from os import PathLike
from typing import BinaryIO, Final

from ledger.client.judging import ReceivedGoods, or_of_its_seal, pinned, policy_of, reported, verified
from ledger.client.links import fetched, held_goods, named_origin, private_link
from ledger.files.source import ADDRESS, told_apart
from ledger.remote.client import ANSWER_SECONDS
from oreprint._given import Source, TrustSource, as_of, notes, opened, own_tables
from schemas.document import replace
from schemas.problem import InputError, OreprintError, problems_in
from schemas.report import Report

_LOG: Final = logging.getLogger("oreprint")


def verify(  # noqa: PLR0913 - each answers a question of its own, and all but two have an answer already
    source: Source,
    *,
    trust: TrustSource | Sequence[TrustSource],
    at: datetime | str | None = None,
    offline: bool = False,
    ask: str | Sequence[str] = (),
    require_chain: bool = False,
    require_audit: bool = False,
    received: str | None = None,
    receiver: str | None = None,
    factors: Sequence[str | PathLike[str]] = (),
    timeout: int = ANSWER_SECONDS,
) -> Report:
    """Verify a certificate, a presentation or a bundle, and return the report, whatever its verdict.

    It does what the command `oreprint verify` does. A file needs no network. A link from a label or a mail is asked
    only at an origin that your trust list names (https at a registry's own domain) or that `ask` names: what was
    scanned never decides by itself who is contacted. If its registry can't be asked, the seal in the link is judged,
    which proves less; the logger ``oreprint`` says why.

    Args:
        source: The path of a file, its content, or a link. A PDF is judged by the record that is attached to it.
        trust: The trust list that you pinned: a path, its content, or several of these, your own first.
        at: Judge as of this time: a `datetime` with a time zone, or text such as ``2026-03-31T17:05:00Z``. Now if it is
            None.
        offline: Open no connection. A link is then judged by its seal alone.
        ask: Origins that may be asked too, such as ``http://127.0.0.1:8080``.
        require_chain: Less than the whole chain is not enough.
        require_audit: Fewer auditors than the trust list requires are not enough.
        received: The mass that came, such as ``498.2 kg``. It needs `receiver`.
        receiver: The DID of the party that received it.
        factors: Paths of a producer's own factor tables, ``TABLE.csv``, as an auditor received them.
        timeout: Seconds for each whole answer of a registry.

    Returns:
        The report. `Report.verdict` is `genuine` only if everything was proven; a failed check is a verdict and no
        error.

    Raises:
        InputError: The source, the trust list or an argument can't be read, or the link leads to nobody you trust.
        CheckError: The trust list is not soundly signed, or two lists contradict each other.
        RefusedError: The registry of a link refuses to answer.
        StateError: The registry of a link gives no answer.

    Example:
        >>> report = oreprint.verify("magnet.oreprint", trust="trust.json", offline=True)
        >>> report.verdict, report.chain.certificates
        ('genuine', 12)
    """
    trusted, tables = pinned(notes(trust), own_tables(factors))
    goods = ReceivedGoods(received, receiver, ("received", "receiver"))
    policy = policy_of(as_of(at), goods, require_chain=require_chain, require_audit=require_audit)
    if not (isinstance(source, str) and ADDRESS.match(source)):
        with opened(source) as found:
            return reported(verified(found, trusted, tables, policy), "")

    with problems_in("ask"):
        named = [named_origin(each) for each in ([ask] if isinstance(ask, str) else ask)]

    address = source.partition("#")[0]  # what follows it, a seal or a secret, is in no message

    def fetch() -> BinaryIO:
        if offline:
            raise InputError.at("verify.offline", address)
        return fetched(source, trust=trusted, named=named, seconds=timeout)

    def judge() -> Report:
        with fetch() as stream:
            result = reported(verified(told_apart(address, stream), trusted, tables, policy), source)
        private = private_link(source)
        return result if private is None else replace(result, held=held_goods(private, seconds=timeout))

    return or_of_its_seal(judge, source, trust=trusted, at_ms=policy.at_ms, tell=_tell)


def _tell(error: OreprintError) -> None:
    _LOG.warning("Only the seal of the link was judged. %s [%s]", error.problems[0].sentence(), error.code)
