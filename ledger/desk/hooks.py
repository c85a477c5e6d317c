"""Hooks: where a party's notices are sent, by webhook or by e-mail.

Rules:

1. The operator of the registry adds and removes hooks of parties: whoever chooses an address chooses whom this machine
   connects to. A party may stop a hook of its own, and send a test to it. Who holds a private link may add some hooks
   of that link, by https to public addresses only, which are told of its lot alone and end with the link.
2. A hook's secret is derived from its id and the registry's vault key, so that no database holds it. It is shown when
   the hook is added, and after each new vault key.
3. A hook that was stopped, failed too often, or was restored from a backup gets nothing until the operator resumes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, cast

from sqlalchemy import Connection

from ledger.changes.share import Share, holder_of
from ledger.desk.vault import Vault
from ledger.registry.approval import OPERATOR
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.remote.mail import MAILBOX
from ledger.remote.webhook import WebhookAddress, secret_text
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.outbox import (
    MAIL,
    RESTORED,
    STOPPED,
    HookRow,
    add_hook,
    drop_deliveries,
    hooks,
    remove_hook,
    switch_off,
    switch_on,
    waiting_count,
)
from ledger.store.parties import issuers
from ledger.store.shares import share_named
from schemas.answers.changes import LinkHook, LinkHooks, NewLinkHook
from schemas.instant import time_text
from schemas.notice import NOTICE_KINDS, NoticeKind
from schemas.problem import InputError, MissingError, RefusedError

MOST_OF_LINK: Final = 3
"""Hooks of one private link: each makes this machine connect to an address that a stranger chose."""
_ID_BYTES: Final = 6


HookState = Literal["on", "failures", "restored", "stopped"]


class Hook(NamedTuple):
    """A hook as people see it; `state` says whether it gets notices, `waiting` how many wait for it."""

    id: str
    party: str
    address: str
    kinds: tuple[NoticeKind, ...]
    private: bool
    state: HookState
    failures: int
    last: str | None
    waiting: int


def hook_secret(registry: OpenRegistry, hook_id: str) -> str:
    """Return the newest secret of a hook, as its receiver is given it; raise as `OpenRegistry.vault`."""
    return secret_text(Vault(registry.vault).hook_secrets(hook_id)[0])


def create_hook(
    registry: OpenRegistry,
    *,
    party: str,
    address: str,
    kinds: Sequence[str] = (),
    private: bool = False,
) -> tuple[Hook, str | None]:
    """Add a hook for a registered party; return it with its secret for a web address, which is not shown again.

    `address` is https://, or mailto: and a mailbox; `private` allows http and private networks.

    Raises:
        InputError: `hook.address`, `hook.not-public`, `hook.own`, `hook.kind`; RefusedError: `issue.unknown-producer`.
    """
    web = not address.startswith(MAIL)
    if web:
        WebhookAddress.parse(address, private=private).check_new(registry=registry.did.removeprefix("did:web:"))
    elif not MAILBOX.fullmatch(address.removeprefix(MAIL)):
        raise InputError.at("hook.address", value=address)
    if unknown := [kind for kind in kinds if kind not in NOTICE_KINDS]:
        raise InputError.at("hook.kind", value=", ".join(unknown), known=", ".join(NOTICE_KINDS))
    now = registry.runtime.now_ms()
    row = HookRow(registry.runtime.random(_ID_BYTES).hex(), party, address, " ".join(kinds), private, now)
    secret = hook_secret(registry, row.id) if web else None
    with writing(registry.engine) as connection:
        if party not in issuers(connection):
            raise RefusedError.at("issue.unknown-producer", producer=party)
        add_hook(connection, row)
        add_events(connection, [EventRow(now, party, "", "hook add", row.id, address, OPERATOR)])
        connection.commit()
    return _told(row, 0), secret


def list_hooks(registry: OpenRegistry, party: str | None = None) -> list[Hook]:
    """Return the hooks of a party, or of all."""
    with reading(registry.engine) as connection:
        return [_told(row, waiting_count(connection, row.id)) for row in hooks(connection, party)]


def end_hook(registry: OpenRegistry, hook_id: str) -> None:
    """Remove a hook and all that waits for it; raise MissingError `hook.unknown`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        party = _party(connection, hook_id)
        remove_hook(connection, hook_id)
        add_events(connection, [EventRow(now, party, "", "hook remove", hook_id, "removed", OPERATOR)])
        connection.commit()


def resume_hook(registry: OpenRegistry, hook_id: str, *, drop: bool = False) -> None:
    """Send to a hook again what waits for it and what comes; with `drop` only what comes.

    Raises:
        MissingError: `hook.unknown`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        party = _party(connection, hook_id)
        switch_on(connection, hook_id)
        if drop:
            drop_deliveries(connection, hook_id)
        add_events(connection, [EventRow(now, party, "", "hook resume", hook_id, "on", OPERATOR)])
        connection.commit()


def stop_hook(registry: OpenRegistry, hook_id: str, *, party: str, by: str) -> None:
    """Send nothing more to a hook of `party`, and forget what waits for it; raise MissingError `hook.unknown`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        _party(connection, hook_id, party)
        switch_off(connection, hook_id, reason=STOPPED, now_ms=now)
        drop_deliveries(connection, hook_id)
        add_events(connection, [EventRow(now, party, by, "hook stop", hook_id, "stopped")])
        connection.commit()


def send_test(registry: OpenRegistry, *, party: str, by: str) -> None:
    """Send a notice of the kind `test` to all hooks of a party."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        notify(connection, party=party, kind="test", subject="test", facts={}, now_ms=now)
        add_events(connection, [EventRow(now, party, by, "hook test", party, "asked")])
        connection.commit()


def create_link_hook(registry: OpenRegistry, link: Share, *, address: str) -> NewLinkHook:
    """Add a hook for whoever holds a private link; return it with its secret, which is not shown again.

    Raises:
        InputError: `hook.address`, `hook.not-public`, `hook.own`; RefusedError: `hook.link-full`.
    """
    WebhookAddress.parse(address, private=False).check_new(registry=registry.did.removeprefix("did:web:"))
    now, holder = registry.runtime.now_ms(), holder_of(link.id)
    row = HookRow(registry.runtime.random(_ID_BYTES).hex(), holder, address, "", private=False, created_ms=now)
    secret = hook_secret(registry, row.id)
    with writing(registry.engine) as connection:
        if len(hooks(connection, holder)) >= MOST_OF_LINK:
            raise RefusedError.at("hook.link-full", limit=MOST_OF_LINK)
        add_hook(connection, row)
        add_events(connection, [EventRow(now, _maker(connection, link), holder, "hook add", row.id, address)])
        connection.commit()
    return NewLinkHook(hook=_of_link(row, link), secret=secret)


def list_link_hooks(registry: OpenRegistry, link: Share) -> LinkHooks:
    """Return the hooks of a private link, the oldest first."""
    with reading(registry.engine) as connection:
        return LinkHooks(hooks=tuple(_of_link(row, link) for row in hooks(connection, holder_of(link.id))))


def end_link_hook(registry: OpenRegistry, link: Share, hook_id: str) -> None:
    """Remove a hook of a private link and all that waits for it; raise MissingError `share.no-hook`."""
    now, holder = registry.runtime.now_ms(), holder_of(link.id)
    with writing(registry.engine) as connection:
        if hook_id not in {row.id for row in hooks(connection, holder)}:
            raise MissingError.at("share.no-hook", hook=hook_id)
        remove_hook(connection, hook_id)
        add_events(connection, [EventRow(now, _maker(connection, link), holder, "hook remove", hook_id, "removed")])
        connection.commit()


def _maker(connection: Connection, link: Share) -> str:
    """Return the party that made a private link, among whose events those of the link stand."""
    row = share_named(connection, link.id)
    return "" if row is None else row.party


def _of_link(row: HookRow, link: Share) -> LinkHook:
    return LinkHook(
        id=row.id,
        certificate=link.certificate,
        address=row.address,
        state=_state(row),
        failures=row.failures,
        last=time_text(row.last_ms),
    )


def hold_all(connection: Connection, *, now_ms: int) -> None:
    """Send nothing to any hook until the operator resumes it: before a restore much was sent already."""
    switch_off(connection, None, reason=RESTORED, now_ms=now_ms)


def _party(connection: Connection, hook_id: str, party: str | None = None) -> str:
    """Return the party of a hook; raise MissingError `hook.unknown` if there is none, or it is not of `party`."""
    found = [row.party for row in hooks(connection, party) if row.id == hook_id]
    if not found:
        raise MissingError.at("hook.unknown", hook=hook_id)
    return found[0]


def _state(row: HookRow) -> HookState:
    return cast("HookState", row.off_reason or "on")


def _told(row: HookRow, waiting: int) -> Hook:
    last = time_text(row.last_ms)
    kinds = cast("tuple[NoticeKind, ...]", tuple(row.kinds.split()))
    return Hook(row.id, row.party, row.address, kinds, row.private, _state(row), row.failures, last, waiting)
