"""Statements signed with a party's own key: draft, check, sign, keep, send, send again.

Rules:

1. The registry drafts what it would sign itself; what says anything else than was asked for is not signed
   (`ledger.client.drafts`).
2. What is signed is kept before it is sent, and sent again in any doubt (`ledger.client.registry`).  What ran out
   before it was logged (`life.late`) can't be logged any more: then it is drafted and signed anew.
3. Accepting is signed by nobody: the sender's move is logged.  Its key is kept, so that asking again gets the first
   answer.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, TypeVar

from pydantic import TypeAdapter

from ledger.client.drafts import Asked, check_drafts
from ledger.client.registry import RegistryClient, theirs
from ledger.holdings.mark import statement_digest
from ledger.seal.digest import to_base64url
from ledger.seal.signer import Signer
from ledger.seal.statement import UnsignedStatement
from schemas.answers.life import Done, Drafts, MoveAnswer, StatusAnswer, UndoAnswer
from schemas.document import Written
from schemas.door import parse_json, validated
from schemas.door.limits import MAX_BYTES
from schemas.holding import Holder
from schemas.problem import CheckError, RefusedError
from schemas.requests import AcceptRequest, MoveRequest, SignedStatements

_DONE: Final[TypeAdapter[Done]] = TypeAdapter(Done)
_Answer = TypeVar("_Answer", MoveAnswer, StatusAnswer, UndoAnswer)


class _Signed(Written):
    """A signed request that is not settled yet: the body to send, and its expected effect."""

    send: SignedStatements
    """Signed statements to send."""
    answer: MoveAnswer | StatusAnswer | UndoAnswer
    """Answer that the registry gives once it has logged them."""


def accept_at(client: RegistryClient, did: str, asked: AcceptRequest) -> MoveAnswer:
    """Accept offers to the party `did`, for which the token acts.

    Raises:
        RefusedError: `remote.refused`; AccessError: `remote.tenant`; StateError: `remote.unreachable`: run it again.
    """
    client.member(did)  # the token says who accepts
    body = asked.model_dump_json(exclude_none=True).encode()
    name = client.name_of(body, "request")
    key = client.kept(name)
    if key is None:
        key = f"accept-{client.runtime.random(16).hex()}".encode()
        client.keep(name, key)
    # A crash from here on: the same key gets the same answer.
    answer = validated(MoveAnswer, client.deliver(name, "/v1/statements", body, key=key.decode()))
    client.forget(name)
    return answer


def say_at(client: RegistryClient, signer: Signer, asked: Asked, kind: type[_Answer]) -> _Answer:
    """Do at a registry what a party requests, signed with its own key; return the answer, which is of a `kind`.

    The earlier signed form of a request that is not settled is sent again; else a new draft is signed now.

    Raises:
        RefusedError: `remote.refused`; AccessError: `remote.tenant`; StateError: `remote.unreachable`: run it again,
            same bytes;
        CheckError: `remote.drafted`, `remote.otherwise`.
    """
    body = asked.model_dump_json(exclude_none=True).encode()
    name = client.name_of(body, "statements.json")
    before = client.kept(name)
    if before is not None:
        try:
            return _sent(client, name, before, kind)
        except RefusedError as refusal:
            if "life.late" not in theirs(refusal):
                raise
    # A crash from here on: nothing is signed; the next try has it drafted anew.
    signed = _drafted(client, signer, asked, body).model_dump_json(by_alias=True).encode()
    client.keep(name, signed)
    # A crash from here on: the bytes are kept, and the next try sends them again.
    return _sent(client, name, signed, kind)


def _sent(client: RegistryClient, name: str, kept: bytes, kind: type[_Answer]) -> _Answer:
    """Send the signed statements stored as `name`, and return their effect.

    Of a move that is what was drafted: sent again, a move that cancelled an offer no longer tells to whom that was.
    """
    signed = validated(_Signed, parse_json(kept, max_bytes=MAX_BYTES, max_string=MAX_BYTES))
    body = signed.send.model_dump_json().encode()
    answer = validated(_DONE, client.deliver(name, "/v1/statements", body, key=f"signed-{sha256(body).hexdigest()}"))
    told = signed.answer if isinstance(answer, MoveAnswer) else answer
    if _named(answer) != _named_by(signed.send, answer) or not isinstance(told, kind):
        raise CheckError.at("remote.otherwise", host=client.remote.host)
    client.forget(name)
    return told


def _named(answer: Done) -> list[str]:
    """Return the statements that an answer is about: moves by their digests, others as they were signed."""
    if isinstance(answer, MoveAnswer):
        return sorted(digest for each in answer.shipments for digest in each.moves)
    return sorted(answer.statements)


def _named_by(sent: SignedStatements, answer: Done) -> list[str]:
    """Return how the statements that were sent are named in such an answer."""
    signed = [text.partition("~")[0] for text in sent.texts]
    return (
        sorted(to_base64url(statement_digest(jws)) for jws in signed)
        if isinstance(answer, MoveAnswer)
        else sorted(signed)
    )


def _drafted(client: RegistryClient, signer: Signer, asked: Asked, body: bytes) -> _Signed:
    """Ask the registry for a draft of the request, check it, and sign it (rule 1)."""
    member = client.member(signer.kid.partition("#")[0])
    drafts = validated(Drafts, client.remote.post("/v1/drafts", body))
    check_drafts(client, Holder(owner=member.issuer.did, registry=member.registry), asked, drafts.drafts)
    texts = tuple(UnsignedStatement(each.statement, each.texts).signed(signer) for each in drafts.drafts)
    audience = asked.audience if isinstance(asked, MoveRequest) else "partner"
    return _Signed(send=SignedStatements(statement="signed", texts=texts, audience=audience), answer=drafts.answer)
