"""Label printers that the operator named: at port 9100 of an address, or a queue of this machine's print service.

Rules: the operator names each printer, never a person at the desk.  Port 9100 only (raw printing, as Zebra's and most
others do), so that no name can reach another service.  What is sent is ZPL; nothing is read back.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from socket import create_connection
from typing import Final, NamedTuple

from schemas.problem import InputError, MissingError, StateError

RAW_PORT: Final = 9100
SECONDS: Final = 10
"""How long a printer may take to accept the labels."""
MOST_PRINTERS: Final = 100
_NAME: Final = re.compile(r"[^=,\x00-\x1f]{1,60}")
_PLACE: Final = re.compile(
    r"lp:(?P<queue>[A-Za-z0-9][A-Za-z0-9._-]{0,126})|(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})"
)


class Printer(NamedTuple):
    """A printer: at a host's port 9100, or a queue of ``lp``."""

    name: str
    host: str | None
    queue: str | None


def parse_printers(text: str, *, place: str = "") -> dict[str, Printer]:
    """Return the printers that a setting names, such as ``Hall 1=192.168.1.40, Office=lp:zebra``, by name.

    Raises:
        InputError: `label.printers`.

    """
    found: dict[str, Printer] = {}
    for part in filter(str.strip, text.split(",")):
        name, _, where = (each.strip() for each in part.partition("="))
        match = _PLACE.fullmatch(where)
        if match is None or not _NAME.fullmatch(name) or name in found or len(found) == MOST_PRINTERS:
            raise InputError.at("label.printers", place, value=part.strip())
        host = None if match["host"] is None else match["host"].strip("[]")
        found[name] = Printer(name, host, match["queue"])
    return found


def print_labels(printers: Mapping[str, Printer], name: str, zpl: bytes) -> None:
    """Send labels to a printer.

    Raises:
        MissingError: `label.no-printer`; StateError: `label.printer`.

    """
    printer = printers.get(name)
    if printer is None:
        raise MissingError.at("label.no-printer", "printer", name=name, known=", ".join(printers) or "none")
    try:
        if printer.host is not None:
            with create_connection((printer.host, RAW_PORT), timeout=SECONDS) as connection:
                connection.sendall(zpl)
        else:
            queue = printer.queue or ""
            subprocess.run(  # noqa: S603 - the operator's queue, of harmless characters
                ["lp", "-d", queue, "-o", "raw"],  # noqa: S607 - where the system has it
                input=zpl,
                check=True,
                capture_output=True,
                timeout=SECONDS,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StateError.at("label.printer", "printer", name=name, reason=str(error)) from error
