"""`oreprint requests`: what parties ask the operator of the registry for, and the operator's answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.acting import AsOption, party_of
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import printable
from ledger.desk.operator_requests import OperatorRequest, answer_request, list_requests
from schemas.instant import time_text

command = typer.Typer(rich_markup_mode=None)
Id = Annotated[str, typer.Argument(metavar="ID", help="The request's id, as `requests list` shows it.")]
Answer = Annotated[str, typer.Argument(metavar="ANSWER", help="A sentence for whoever asked.")]


@command.callback()
def requests() -> None:
    """Read what parties ask for at the desk: a plant, a product kind, a key, a printer, an address. Answer it.

    Example: oreprint requests list
    """


@command.command("list")
def listed(
    as_did: AsOption = None,
    home: HomeOption = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Answered ones, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what waits for you: of a party with --as, else of all.

    Example: oreprint requests list --all
    """
    party = None if as_did is None else party_of(as_did, home, "--as")
    found = [each for each in list_requests(open_to_read(home), party) if everything or each.state == "waiting"]
    lines = [line for each in found for line in _lines(each)] or ["No request waits for you."]
    reply({"requests": [_document(each) for each in found]}, *lines, as_json=as_json)


@command.command("done")
def done(request: Id, answer: Answer, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Answer that you did what was asked. The command itself changes nothing else.

    Example: oreprint requests done 8f0c2d4e6a10 "The printer is named lab-2."
    """
    _answer(request, answer, home, done=True, as_json=as_json)


@command.command("refuse")
def refuse(request: Id, answer: Answer, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Answer that you will not do what was asked, and why.

    Example: oreprint requests refuse 8f0c2d4e6a10 "Send the deed of the plant first."
    """
    _answer(request, answer, home, done=False, as_json=as_json)


def _answer(request: str, answer: str, home: HomeOption, *, done: bool, as_json: bool) -> None:
    row = answer_request(open_to_read(home), request, done=done, answer=answer)
    reply(
        _document(row), f"Request {row.id} is {row.state}. {row.party} sees your answer at its desk.", as_json=as_json
    )


def _lines(each: OperatorRequest) -> Iterator[str]:
    yield f"{each.id}  {each.state}  {_document(each)['at']}  {each.kind}  {each.party}"
    yield from (f"    {printable(line)}" for line in each.wish.splitlines())
    yield from (f"    -> {printable(line)}" for line in each.answer.splitlines())


def _document(row: OperatorRequest) -> dict[str, object]:
    times = {"at": time_text(row.at_ms), "answered": time_text(row.answered_ms)}
    told: dict[str, object] = {
        "id": row.id,
        "party": row.party,
        "kind": row.kind,
        "wish": row.wish,
        "by": row.by,
        "state": row.state,
    }
    return told | ({"answer": row.answer} if row.answer else {}) | {k: v for k, v in times.items() if v is not None}
