"""Send an e-mail through the operator's mail server (RFC 5321, 8314).

Rules: TLS from the first byte (``smtps``), or STARTTLS before anything else (``smtp``), verified as by Python's default
context; a server on this very machine is spoken to without. The message is plain text.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, NamedTuple
from urllib.parse import unquote

from ledger.remote.client import HERE
from schemas.identifier import DOMAIN
from schemas.problem import InputError

_SERVER: Final = re.compile(
    rf"(smtps?)://(?:([^@/\s]{{1,200}})@)?({DOMAIN}|\[[0-9a-f:.]{{2,45}}\])(?::([1-9][0-9]{{0,4}}))?"
)
MAILBOX: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{DOMAIN}")


class Mailer(NamedTuple):
    """The operator's mail server, and the address that notices come from."""

    host: str
    port: int
    secure: bool
    user: str | None
    password: str | None
    sender: str

    @classmethod
    def at(cls, server: str, *, sender: str, password: str | None) -> Mailer:
        """Return the server at an address such as ``smtp://user@mail.example:587``; raise InputError `setting.mail`."""
        parts = _SERVER.fullmatch(server)
        if parts is None or not MAILBOX.fullmatch(sender):
            raise InputError.at("setting.mail", "OREPRINT_SMTP", value=server if parts is None else sender)
        secure = parts[1] == "smtps"
        user = unquote(parts[2]) if parts[2] else None
        return cls(parts[3].strip("[]"), int(parts[4] or (465 if secure else 587)), secure, user, password, sender)

    def send(self, to: str, subject: str, text: str, *, message_id: str, at_ms: int, seconds: int) -> bool:
        """Send a message once; return whether the server took it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        message["Message-ID"] = f"<{message_id}@{self.sender.rpartition('@')[2]}>"
        message["Date"] = format_datetime(datetime.fromtimestamp(at_ms // 1000, UTC))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            self._send(message, seconds)
        except (OSError, smtplib.SMTPException, UnicodeError):  # the last: a password that is not ASCII
            return False
        return True

    def _send(self, message: EmailMessage, seconds: int) -> None:
        context = ssl.create_default_context()
        if self.secure:
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=seconds, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=seconds)
        with client:
            if not self.secure and self.host not in HERE:
                client.starttls(context=context)
            if self.user is not None:
                client.login(self.user, self.password or "")
            client.send_message(message)
