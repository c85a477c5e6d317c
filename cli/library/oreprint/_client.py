"""Speak to a registry: what it finds of a certificate, what a party has there, and what a party does there.

Rules: time and size of each answer are bounded.  A write has an idempotency key: it is sent again until there is an
answer, and is done once.  Every answer is read into a typed document, which passes over members that it doesn't know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec

from ledger.client.links import MOST_FETCHED_BYTES, unsigned
from ledger.client.registry import certificates_at, in_doubt, notices_at
from ledger.files.source import media_of
from ledger.remote.client import ANSWER_SECONDS, RemoteServer
from oreprint._given import Record, Source, as_of, content, record_of
from schemas.answers import AnswerDocument
from schemas.answers.certificates import CertificateState, IssueAnswer, ListedCertificate
from schemas.answers.life import MoveAnswer
from schemas.answers.notices import NoticeAnswer
from schemas.door import JsonValue, as_read, json_bytes, parse_json, validated
from schemas.instant import time_text
from schemas.problem import CheckError, InputError, Problem, RefusedError, StateError, problems_in
from schemas.report import Report
from schemas.vocabulary import Audience, Kind

_Answer = TypeVar("_Answer", bound=AnswerDocument)


class Client:
    """A registry, asked over HTTP, and the party there that a token acts for.

    It holds no connection, so there is nothing to close, and threads may share it. It signs nothing: `issue` and `ship`
    are for a party whose key the registry keeps. A party with a key of its own uses the command with ``--server``.

    Args:
        origin: The address of the registry, such as ``https://registry.example``: https, or http to this very machine.
        token: The token of the party (`oreprint tokens create`). `verify` and `verification` need none.
        timeout: Seconds for each whole answer.

    Raises:
        InputError: `remote.url`, if the origin is not an address of a registry.

    Every method raises `RefusedError` (``remote.refused``) for what the registry refuses: the facts ``status`` and
    ``theirs`` of its problems are the HTTP status and the registry's own code. It raises `StateError` (``remote.away``)
    where there is no answer in time, and `CheckError` (``remote.otherwise``) for an answer that is no such document.

    Example:
        >>> with_token = oreprint.Client("https://registry.example", token=token)
        >>> [each.lot for each in with_token.certificates(state="current")]
        ['MG-88']
    """

    __slots__ = ("_server",)

    def __init__(self, origin: str, *, token: str | None = None, timeout: int = ANSWER_SECONDS) -> None:
        self._server = RemoteServer.at(origin, token, seconds=timeout)

    def verify(
        self,
        source: Source,
        *,
        at: datetime | str | None = None,
        require_chain: bool = False,
        require_audit: bool = False,
    ) -> Report:
        """Let the registry judge a certificate, a presentation, a bundle or a PDF (`POST /v1/verify`).

        It judges by its own trust list. To judge by yours, call `oreprint.verify`.

        Args:
            source: The path of a file, or its content, of at most 64 MiB.
            at: Judge as of this time, as in `oreprint.verify`.
            require_chain: Less than the whole chain is not enough.
            require_audit: Fewer auditors than the trust list requires are not enough.

        Returns:
            The registry's report, whatever its verdict.

        Raises:
            InputError: The source can't be read.
            RefusedError, StateError, CheckError: As the class says.

        Example:
            >>> client.verify("MG-88.sdjwt").verdict
            'genuine'
        """
        _, body = content(source, most=MOST_FETCHED_BYTES)
        asked = {"require_chain": require_chain, "require_audit": require_audit}
        query = {name: "true" for name, wanted in asked.items() if wanted}
        if at is not None:
            query["at"] = time_text(as_of(at))
        with self._answered():
            return self._report(self._server.post(_target("/v1/verify", query), body, media=media_of(body)))

    def verification(self, digest: str) -> Report:
        """Return what the registry finds of one of its certificates today, as far as the token may see it.

        Args:
            digest: The certificate's digest, ``zQm…``.

        Returns:
            The registry's report (`GET /v1/certificates/{digest}/verification`).

        Raises:
            RefusedError, StateError, CheckError: As the class says; status 404 where it has no such certificate.

        Example:
            >>> client.verification(digest).state
            'genuine'
        """
        with self._answered():
            found = self._server.get(f"/v1/certificates/{quote(digest, safe='')}/verification")
            return self._report(parse_json(found, max_bytes=self._server.most, max_string=self._server.most))

    def certificates(  # noqa: PLR0913 - every filter of the route is one
        self,
        *,
        lot: str | None = None,
        kind: Kind | None = None,
        product: str | None = None,
        state: CertificateState | None = None,
        issued_from: datetime | str | None = None,
        issued_before: datetime | str | None = None,
        text: str | None = None,
        at_hand: bool = False,
        shipped: bool = False,
        customer: str | None = None,
        whose: Literal["issued", "received", "all"] = "issued",
        newest: bool = False,
    ) -> Iterator[ListedCertificate]:
        """Yield the certificates of the token's party, the newest first; pages are asked for as you go on.

        Args:
            lot: Of this lot: the first certificate, and those that correct it.
            kind: Of lots of this kind, such as ``magnet``.
            product: Of this product of the vocabulary.
            state: Only those in this state now.
            issued_from: Issued at this time or later.
            issued_before: Issued before this time.
            text: With this in the name of lot or product.
            at_hand: Only of lots of which the party has something unused.
            shipped: Only of lots of which the party handed something on.
            customer: Only of lots of which this DID got something.
            whose: Those that the party issued, those of lots that it received, or all.
            newest: Without the certificates that were corrected.

        Returns:
            An iterator. What is issued while you read shifts nothing.

        Raises:
            InputError: A time can't be read. It is raised, as all others, when the first certificate is asked for.
            RefusedError, StateError: As the class says.

        Example:
            >>> sum(Decimal(each.left) for each in client.certificates(kind="magnet", at_hand=True))
            Decimal('500')
        """
        times = {"issued_from": issued_from, "issued_before": issued_before}
        asked: dict[str, object] = {
            "lot": lot,
            "kind": kind,
            "product": product,
            "state": state,
            **{name: None if time is None else time_text(as_of(time)) for name, time in times.items()},
            "q": text,
            "at_hand": at_hand,
            "shipped": shipped,
            "customer": customer,
            "whose": whose,
            "newest": newest,
        }
        with self._answered():
            yield from certificates_at(self._server, {name: each for name, each in asked.items() if each is not None})

    def issue(self, record: Record, *, key: str | None = None) -> IssueAnswer:
        """Issue the certificates of a run (`POST /v1/certificates`); the registry signs with the producer's key.

        The same record again gets the first answer, with `IssueAnswer.unchanged`.

        Args:
            record: The path of a YAML or JSON file, its content as JSON, or the record itself. An instrument is one
                too.
            key: Idempotency key. A new one is made if it is None. Give your own, such as the number of the run, where a
                retry must survive your process.

        Returns:
            The certificates, logged and durable, and the flags that were raised.

        Raises:
            InputError: All that is wrong with the form of the record; nothing was sent.
            RefusedError: As the class says. Code ``approval.needed`` in ``theirs`` means that a second person has to
                approve it; send it again after that.
            StateError, CheckError: As the class says. The fact ``key`` of the last problem is the key to use again.

        Example:
            >>> client.issue("run.yaml", key="run 2026-0417").certificates[0].digest[:3]
            'zQm'
        """
        from schemas.record import InstrumentRecord, ProductionRecord, written_run

        name, value = record_of(record)
        with problems_in(name):
            written_run(value)
        instrument = isinstance(value, dict) and value.get("oreprint") == "instrument/1"
        body = json_bytes(as_read(InstrumentRecord if instrument else ProductionRecord, value))
        return self._written(IssueAnswer, "/v1/certificates", body, key)

    def ship(
        self, lot: str, to: str, *, mass: str | None = None, audience: Audience = "partner", key: str | None = None
    ) -> MoveAnswer:
        """Offer a lot, or part of it, to another party (`POST /v1/statements`). It is theirs once they accept it.

        Args:
            lot: The lot's name, or its certificate's digest.
            to: The DID of the party.
            mass: The mass, such as ``500 kg``. All that is left if it is None.
            audience: The audience as which they will see the certificate.
            key: Idempotency key, as in `issue`. Without one of your own, a second call ships a second time.

        Returns:
            The shipment with its warnings. Its `state` is `offered`, or `delivered` to a guest of the registry.

        Raises:
            InputError: An argument can't be read; nothing was sent.
            RefusedError, StateError, CheckError: As `issue`.

        Example:
            >>> client.ship("MG-88", "did:web:motor-works.example", mass="200 kg", key="note 88-1").state
            'offered'
        """
        from schemas.requests import MoveRequest

        asked: dict[str, JsonValue] = {"statement": "move", "lot": lot, "to": to, "audience": audience}
        if mass is not None:
            asked["mass"] = mass
        validated(MoveRequest, asked)
        return self._written(MoveAnswer, "/v1/statements", json_bytes(asked), key)

    def notices(self, *, after: int = 0) -> Iterator[NoticeAnswer]:
        """Yield the notices of the token's party, the oldest first: offers, withdrawals upstream, and the like.

        They are those that webhooks are sent, for programs that ask instead. Nothing is marked as read.

        Args:
            after: Only those after this one: the last `NoticeAnswer.number` that you read.

        Returns:
            An iterator that ends with the newest notice. A notice is kept for 90 days.

        Raises:
            RefusedError, StateError: As the class says.

        Example:
            >>> [(each.kind, each.subject) for each in client.notices(after=last_seen)]
            [('offered', 'OX-18')]
        """
        with self._answered():
            yield from notices_at(self._server, after)

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Say of a request that changes nothing that there was no answer, and of a strange answer that it is one."""
        try:
            with unsigned():
                yield
        except (InputError, msgspec.ValidationError) as error:
            raise CheckError.at("remote.otherwise", host=self._server.host) from error

    def _report(self, value: JsonValue) -> Report:
        return msgspec.convert(value, Report)

    def _written(self, kind: type[_Answer], path: str, body: bytes, key: str | None) -> _Answer:
        """Send a write until there is an answer, and return it; where its fate is unknown the error has the key."""
        key = f"python-{uuid4()}" if key is None else key
        try:
            with self._answered():
                return validated(kind, self._server.post(path, body, key=key))
        except (CheckError, RefusedError, StateError) as error:
            if isinstance(error, RefusedError) and not in_doubt(error):
                raise
            raise type(error)(*error.problems, Problem.at("remote.again", key=key)) from error


def _target(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
