"""`oreprint hooks`: where notices are sent, by webhook or e-mail. Only the operator, on the host, chooses addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.acting import AsOption, acting, party_of
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read, open_to_sign
from cli.terminal import table

if TYPE_CHECKING:
    from ledger.desk.hooks import Hook

command = typer.Typer(help="Send notices to a web address or a mailbox.", rich_markup_mode=None)


@command.command("add")
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="https://..., or mailto: and a mailbox.")],
    as_did: AsOption = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Send only this kind; may be repeated.")
    ] = None,
    home: HomeOption = None,
    *,
    private: Annotated[bool, typer.Option("--private", help="Allow http and an address in a private network.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send a party's notices to an address, from the next one on. `oreprint serve` sends them.

    Prints the secret with which the receiver checks that a message is from here (Standard Webhooks). It is not shown
    again.

    Example: oreprint hooks add https://erp.example/oreprint --as did:web:separation-a.example
    """
    from ledger.desk.hooks import create_hook

    party = acting(as_did, home)
    hook, secret = create_hook(open_to_sign(home), party=party, address=address, kinds=kind or (), private=private)
    reply(
        _document(hook) | ({} if secret is None else {"secret": secret}),
        f"Hook {hook.id} sends notices of {hook.party} to {hook.address}.",
        *([f"Its secret, which is not shown again: {secret}"] if secret is not None else []),
        as_json=as_json,
    )


@command.command("list")
def list_(as_did: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List hooks: a party's with --as, else all.

    Example: oreprint hooks list
    """
    from ledger.desk.hooks import list_hooks

    found = list_hooks(open_to_read(home), None if as_did is None else party_of(as_did, home, "--as"))
    rows = [(each.id, each.state, each.last or "never", str(each.waiting), each.address, each.party) for each in found]
    lines = table(("id", "state", "last try", "waiting", "address", "party"), rows, left=6)
    nothing = ["There are no hooks. Add one with oreprint hooks add ADDRESS."]
    reply({"hooks": [_document(each) for each in found]}, *(lines if found else nothing), as_json=as_json)


@command.command("remove")
def remove(
    hook: Annotated[str, typer.Argument(metavar="ID", help="The hook's id.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Remove a hook, and all that waits for it.

    Example: oreprint hooks remove 8f0c2d4e6a10
    """
    from ledger.desk.hooks import end_hook

    end_hook(open_to_read(home), hook)
    reply({"id": hook, "removed": True}, f"Hook {hook} is removed.", as_json=as_json)


@command.command("resume")
def resume(
    hook: Annotated[str, typer.Argument(metavar="ID", help="The hook's id.")],
    home: HomeOption = None,
    *,
    drop: Annotated[bool, typer.Option("--drop", help="Forget what waits for it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send to a hook again that failed too often, was stopped, or is of a restored backup.

    After a restore, what waits may have been sent before. Receivers know it by its id.

    Example: oreprint hooks resume 8f0c2d4e6a10 --drop
    """
    from ledger.desk.hooks import resume_hook

    resume_hook(open_to_read(home), hook, drop=drop)
    reply({"id": hook, "state": "on"}, f"Hook {hook} gets notices again.", as_json=as_json)


def _document(hook: Hook) -> dict[str, object]:
    return {name: value for name, value in hook._asdict().items() if value is not None}
