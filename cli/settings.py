"""The settings: the only place of Oreprint that reads the environment.

Rules: every environment variable has a row in `SETTINGS` (docs/reference/settings.md is made from it), is read here and
nowhere else, and an option of the command line goes before it; a home's own passphrase file goes before the setting.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from schemas.problem import InputError

if TYPE_CHECKING:
    from ledger.remote.mail import Mailer
    from ledger.remote.openid import OpenidClient

MOST_REMOTE_SECONDS: Final = 600
_CONTACT: Final = re.compile(r"mailto:[!-?A-~]{1,64}@[!-?A-~]{1,189}|https://[!-~]{1,240}")
SETTINGS: Final[dict[str, str]] = {
    "NO_COLOR": "Set to anything, it keeps colour and bold out of a terminal (no-color.org); files and pipes never get any.",
    "OREPRINT_AS": (
        "The party that acts in commands with `--as`, by DID or by name. Default: the only party of the home. The option overrides it."
    ),
    "OREPRINT_DATABASE_URL": (
        "Where the registry's database is, such as `postgresql://oreprint@db.example/oreprint`. Default: the file `registry.db` in"
        " the home. The option `--database-url` overrides it. Put a password here or into PostgreSQL's own password file, not into an option: other users of the machine can read options."
    ),
    "OREPRINT_HEAD_STORE": (
        "Where the last signed head is kept, such as `s3://bucket/prefix`: a store that has conditional writes. Default: the file `head`"
        " in the home. The option `--head-store` of `init` and `serve` overrides it. Every command that signs needs the same one."
    ),
    "OREPRINT_HOME": (
        "Where a registry, its keys and its trust list live. Default: the platform's data folder"
        " (`~/.local/share/oreprint` on Linux). The option `--home` overrides it."
    ),
    "OREPRINT_LABEL_PRINTERS": (
        "Printers for the labels of the desk, by name: `Hall 1=192.168.1.40, Office=lp:zebra`. An address is reached at port 9100, where"
        " label printers take ZPL; `lp:` names a queue of this machine's print service. Default: none."
    ),
    "OREPRINT_ORIGIN": (
        "Where the pages of the registry are: the beginning of the links of `oreprint serve` and of labels, such as"
        " `https://registry.example`, or `http://192.168.1.5:8080` in a private network. Default: `https://` and the registry's name."
        " The options `--origin` and, of labels, `--resolver` override it."
    ),
    "OREPRINT_OIDC_ISSUER": (
        "The company's OpenID provider, with which people may sign in at the desk, such as `https://login.your-company.com`. Register the registry there with the address `https://<registry>/desk/company/back`. Default: none."
    ),
    "OREPRINT_OIDC_CLIENT_ID": "The id that the OpenID provider gave the registry.",
    "OREPRINT_OIDC_CLIENT_SECRET": "The secret that the OpenID provider gave the registry.",
    "OREPRINT_SECURITY_CONTACT": (
        "Where people report a flaw of this registry, such as `mailto:security@your-company.com` or a page `https://your-company.com/security`. `oreprint serve` tells it at `/.well-known/security.txt` (RFC 9116). Default: none."
    ),
    "OREPRINT_SMTP": (
        "The mail server for notices (`oreprint hooks add mailto:...`), such as `smtps://user@mail.your-company.com`, or `smtp://` for STARTTLS on port 587. Default: no e-mail is sent."
    ),
    "OREPRINT_SMTP_PASSWORD": "The password of the user in `OREPRINT_SMTP`.",
    "OREPRINT_MAIL_FROM": "The mailbox that notices by e-mail come from, such as `oreprint@your-company.com`. `OREPRINT_SMTP` needs it.",
    "OREPRINT_TOKEN": (
        "The token that `oreprint auditor` and commands with `--server` send to a registry. It has no option, because other users of the machine can read a command line."
    ),
    "OREPRINT_TRUSTED_PROXIES": (
        "The proxies in front of `oreprint serve`, by address or network, such as `127.0.0.1, 10.0.3.0/24`. Their `X-Forwarded-For` tells who calls, so that limits count for each caller,"
        " not for the proxy. The header of anybody else is ignored. Default: none; then all callers behind a proxy count as one."
    ),
    "OREPRINT_REMOTE_SECONDS": (
        "Seconds that another server may take for a whole answer, from name lookup to the last byte: a registry, witness, monitor or bucket. 1 to 600. Default: 10."
    ),
    "OREPRINT_PASSPHRASE": (
        "The passphrase of the keys in the home, of 12 characters or more. The file `keys/passphrase` in the home overrides it, for this home. Only its owner may have read permission."
    ),
}
"""Name of each environment variable: what it means, its default, what goes before it."""


def read(name: str) -> str | None:
    """Return the setting `name` (a key of `SETTINGS`), or None where it is unset or empty."""
    if name not in SETTINGS:
        raise LookupError(name)
    return os.environ.get(name) or None


def remote_seconds() -> int:
    """Return how long another server may take for a whole answer; raise InputError `setting.seconds`."""
    from ledger.remote.client import ANSWER_SECONDS

    text = read("OREPRINT_REMOTE_SECONDS")
    if text is None:
        return ANSWER_SECONDS
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MOST_REMOTE_SECONDS):
        raise InputError.at(
            "setting.seconds", "OREPRINT_REMOTE_SECONDS", value=text, limit=MOST_REMOTE_SECONDS, usual=ANSWER_SECONDS
        )
    return int(text)


def trusted_proxies() -> tuple[str, ...]:
    """Return the proxies whose word on who calls is taken; raise InputError `setting.proxies`."""
    found = []
    for part in filter(str.strip, (read("OREPRINT_TRUSTED_PROXIES") or "").split(",")):
        try:
            network = ip_network(part.strip())
        except ValueError as error:
            raise InputError.at("setting.proxies", "OREPRINT_TRUSTED_PROXIES", value=part.strip()) from error
        if network.prefixlen == 0:  # then anybody could say to be anybody
            raise InputError.at("setting.proxies", "OREPRINT_TRUSTED_PROXIES", value=part.strip())
        found.append(str(network))
    return tuple(found)


def security_contact() -> str | None:
    """Return where flaws are reported, as a URI, or None where none is named; raise InputError `setting.security`."""
    text = read("OREPRINT_SECURITY_CONTACT")
    if text is not None and not _CONTACT.fullmatch(text):
        raise InputError.at("setting.security", "OREPRINT_SECURITY_CONTACT", value=text)
    return text


def mailer() -> Mailer | None:
    """Return the mail server of the settings, or None where none is named; raise InputError `setting.mail`."""
    from ledger.remote.mail import Mailer

    server = read("OREPRINT_SMTP")
    if server is None:
        return None
    return Mailer.at(server, sender=read("OREPRINT_MAIL_FROM") or "", password=read("OREPRINT_SMTP_PASSWORD"))


def openid() -> OpenidClient | None:
    """Return the registry as a client of the company's login, or None where there is none; raise InputError."""
    from ledger.remote.openid import OpenidClient

    issuer = read("OREPRINT_OIDC_ISSUER")
    if issuer is None:
        return None
    known, secret = read("OREPRINT_OIDC_CLIENT_ID"), read("OREPRINT_OIDC_CLIENT_SECRET")
    if known is None or secret is None:
        raise InputError.at("setting.openid", "OREPRINT_OIDC_CLIENT_ID")
    return OpenidClient.of(issuer, known, secret)


def completed_words() -> list[str] | None:
    """Return the words that the shell asks to complete, by the CLI library's own variables; None if it asks nothing."""
    if "_OREPRINT_COMPLETE" not in os.environ:
        return None
    return (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:]
