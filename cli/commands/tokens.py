"""`oreprint tokens`: who may do what over HTTP, for which party, and what was done."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import print_json, reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.terminal import printable
from ledger.admin.tokens import Token, create_token, list_tokens, resume_token, revoke_token, rotate_token
from ledger.registry.idempotency import author_of, happened
from schemas.instant import time_text

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def tokens() -> None:
    """Create, list, rotate and revoke tokens, with which programs act for a party over HTTP. List their events.

    Example: oreprint tokens create --as did:web:smelter-a.example --scope issue --scope read
    """


@command.command("create")
def create(
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="read, issue, move, withdraw, approve, audit or admin. Repeat for several."),
    ],
    label: Annotated[str, typer.Option("--label", help="A note for yourself about its purpose.")] = "",
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", help="It ends after so many days. Default: it has no end.")
    ] = None,
    tenant: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create a token. It is shown once; the registry keeps only its hash.

    Example: oreprint tokens create --as did:web:smelter-a.example --scope issue --label "ERP, line 2"
    """
    made, secret = create_token(open_to_read(home), tenant=acting(tenant, home), scopes=scope, label=label, days=days)
    _print_secret(made, secret, as_json=as_json)


@command.command("rotate")
def rotate(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `tokens list` shows it.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Give a token another secret. The earlier one opens nothing from then on.

    One with an end is good for as many days as before, from now.

    Example: oreprint tokens rotate 3f9a0c51d2e7
    """
    _print_secret(*rotate_token(open_to_read(home), token), as_json=as_json)


def _print_secret(made: Token, secret: str, *, as_json: bool) -> None:
    ends = time_text(made.expires_ms)
    told = {"id": made.id, "tenant": made.tenant, "scopes": list(made.scopes), "token": secret}
    until = "" if ends is None else f" until {ends}"
    reply(
        told | ({} if ends is None else {"ends": ends}),
        f"Token {made.id} for {made.tenant} ({', '.join(made.scopes)}){until}. It is shown this once:",
        secret,
        as_json=as_json,
    )


@command.command("list")
def listed(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List all tokens, revoked ones too. The secrets are not kept, so they are not shown.

    Example: oreprint tokens list
    """
    registry = open_to_read(home)
    found, now = list_tokens(registry), registry.runtime.now_ms()
    if as_json:
        print_json(
            [
                {
                    "id": each.id,
                    "tenant": each.tenant,
                    "label": each.label,
                    "scopes": list(each.scopes),
                    "revoked": each.revoked_ms is not None,
                    "held": each.held,
                    "by": each.made_by,
                    "ends": time_text(each.expires_ms),
                    "last_used": time_text(each.used_ms),
                }
                for each in found
            ]
        )
        return
    for each in found:
        state = (
            "revoked"
            if each.revoked_ms is not None
            else "held"
            if each.held
            else "in force"
            if each.in_force(now)
            else "expired"
        )
        print(f"{each.id}  {state}  {each.tenant}  {', '.join(each.scopes)}  {printable(each.label)}".rstrip())
    if not found:
        print("There are no tokens.")


@command.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `tokens list` shows it.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Revoke a token, at once and permanently.

    Example: oreprint tokens revoke 3f9a0c51d2e7
    """
    revoke_token(open_to_read(home), token)
    reply({"id": token, "revoked": True}, f"Token {token} is revoked.", as_json=as_json)


@command.command("resume")
def resume(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The ids of tokens, as `tokens list` shows them.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let tokens act again that are held since a restore. Revoke those that were revoked after the backup.

    Example: oreprint tokens resume 3f9a0c51d2e7
    """
    registry = open_to_read(home)
    for each in ids:
        resume_token(registry, each)
        if not as_json:
            print(f"Token {each} is in force again.")
    if as_json:
        print_json({"resumed": ids})


@command.command("events")
def events(
    tenant: Annotated[str | None, typer.Option("--of", metavar="DID", help="Only events of this party.")] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="The number of newest events.")] = 50,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the requests over HTTP with token and outcome, and the changes of tokens and keys by commands.

    A request is kept as the SHA-256 of its method, path and body, without its content.

    Example: oreprint tokens events --of did:web:smelter-a.example --last 20
    """
    found = happened(open_to_read(home), last=last, tenant=tenant)
    told = [
        {
            "at": time_text(each.at_ms),
            "by": author_of(each),
            "token": each.token,
            "tenant": each.tenant,
            "action": each.action,
            "outcome": each.outcome,
            "subject": each.subject,
        }
        for each in found
    ]
    lines = ("  ".join(map(str, event.values())) for event in told)
    reply(told, *(lines if told else ["There are no events."]), as_json=as_json)
