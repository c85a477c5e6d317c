"""The source that a reading command is pointed at: a file, standard input, an address, or a certificate of the home.

Rules: the first bytes say what it is, not the name: a bundle begins with its header, a certificate or presentation with
the header of a JWS, and anything else is refused for what it is.  A certificate is read whole and bounded; a bundle is
handed on line by line, so that its length costs no memory.  Of a PDF only the attached record is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias, cast, get_args

from pydantic import TypeAdapter

from cli import settings
from cli.files import STDIN, STDIN_TOLD, problems_in
from cli.parts import home_folder, open_to_read
from cli.terminal import printable
from schemas.door import validated
from schemas.door.encoding import text_of
from schemas.identifier import Did, RegistryId
from schemas.problem import InputError, placed
from schemas.vocabulary import Audience

if TYPE_CHECKING:
    from ledger.carrier.link import CertificateLink
    from ledger.drafting.draft import Upstream

MOST_CERTIFICATE_BYTES: Final = 4 * 1024 * 1024
"""As `ledger.seal.sdjwt.MOST_TEXT_BYTES`; said here so that a wrong file is refused before anything is loaded."""
BUFFER_BYTES: Final = 256 * 1024
"""Read at once: a line with a certificate is longer than the buffer that files have by themselves, and reading a bundle
by that takes five times as long."""
_REST_BYTES: Final = 1024
"""Bytes read behind a certificate to detect its kind."""
_BUNDLE: Final = b'{"t":"bundle/1"'
"""As `schemas.bundle.BUNDLE_BEGINS`; said here for the same reason."""
_PDF: Final = b"%PDF-"
_CERTIFICATE: Final = "eyJ"
"""base64url of ``{"``: how every JWS begins."""
_DIGEST: Final = re.compile(r"zQm[1-9A-HJ-NP-Za-km-z]{44}")
_LOT: Final = re.compile(r"[^/.]+")
"""Texts that are more likely the name of a lot than of a file."""
ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceCertificate:
    """A certificate or presentation: where it came from, and its text; `printed` if it was attached to a PDF."""

    name: str
    text: str
    printed: bool = False


@dataclass(frozen=True, slots=True)
class SourceBundle:
    """A bundle: where it came from, and its lines with their newlines, read as asked for; `printed` as above."""

    name: str
    lines: Iterator[bytes]
    printed: bool = False


Source: TypeAlias = SourceCertificate | SourceBundle


@contextmanager
def open_source(
    source: str,
    *,
    home: Path | None,
    audience: Audience = "auditor",
    holder: str | None = None,
    fetch: Callable[[str], bytes] | None = None,
) -> Iterator[Source]:
    """Open what `source` names; a digest, or a link to one, is looked up in the registry at `home`.

    An address is read by `fetch`, where there is one: of a link only if `home` has no registry.

    Raises:
        InputError: `file.*`, `bundle.line-size`.
        MissingError, StateError: when a digest is not in the registry, or there is no registry; what `fetch` raises.
    """
    name = printable(source)
    if source == STDIN:
        yield _told_apart(STDIN_TOLD, sys.stdin.buffer)
    elif ADDRESS.match(source):
        link = linked(source)
        if link is not None and (fetch is None or has_registry(home)):
            yield SourceBundle(name, _of_registry(link.digest, home, audience=audience, holder=holder))
        elif fetch is not None:
            yield _told_apart(name, BytesIO(fetch(source)))
        else:
            raise InputError.at("file.url", name)
    elif _DIGEST.fullmatch(source):
        yield SourceBundle(name, _of_registry(source, home, audience=audience, holder=holder))
    else:
        with _opened(source, name) as stream:
            yield _told_apart(name, stream)


def has_registry(home: Path | None) -> bool:
    """Return whether a home has a registry, with its database there or at the configured address."""
    return settings.read("OREPRINT_DATABASE_URL") is not None or (home_folder(home) / "registry.db").exists()


def of_home(source: str, home: Path | None) -> bool:
    """Return whether `open_source` looks a source up in the registry at `home`."""
    return bool(_DIGEST.fullmatch(source)) or (linked(source) is not None and has_registry(home))


def pages_origin() -> str | None:
    """Return where labels lead by the setting OREPRINT_ORIGIN, or None; raise InputError `carrier.resolver`."""
    from ledger.carrier.link import checked_resolver

    origin = settings.read("OREPRINT_ORIGIN")
    with problems_in("OREPRINT_ORIGIN"):
        return None if origin is None else checked_resolver(origin)


def linked(source: str) -> CertificateLink | None:
    """Return the link that was scanned, if `source` is one by digest."""
    if not ADDRESS.match(source):
        return None
    from ledger.carrier.link import CertificateLink, parse_link

    try:
        link = parse_link(source)
    except InputError:
        return None
    return link if isinstance(link, CertificateLink) else None


def _opened(source: str, name: str) -> BinaryIO:
    try:
        return Path(source).open("rb", buffering=BUFFER_BYTES)
    except FileNotFoundError as error:
        code = "file.no-source" if _LOT.fullmatch(source) else "file.missing"
        raise InputError.at(code, name) from error
    except OSError as error:
        raise InputError.at("file.unreadable", name, reason=error.strerror or "it can't be opened") from error


def check_id(text: str, option: str, kind: Literal["did", "registry"]) -> None:
    """Refuse what is no DID or no registry's domain, by the option it came with; raise InputError `document.*`."""
    with problems_in(option):
        validated(TypeAdapter[str](Did if kind == "did" else RegistryId), text)


def known_audience(text: str) -> Audience:
    """Return the audience that an option `--for` names; raise InputError `seal.audience`."""
    if text not in get_args(Audience):
        raise InputError.at("seal.audience", "--for", audience=text, audiences=", ".join(get_args(Audience)))
    return cast("Audience", text)


def subject_text(found: Source) -> str:
    """Return the text of the certificate that was given, or that a bundle is about.

    Raises:
        InputError: `bundle.*`, `document.*`.
    """
    match found:
        case SourceCertificate():
            return found.text
        case SourceBundle():
            return _subject_of(found)


def given_certificates(paths: Sequence[Path], home: Path | None) -> Iterator[tuple[Path, Upstream]]:
    """Yield each file with its certificate; raise OreprintError for a file that holds none."""
    from ledger.drafting.draft import Upstream
    from ledger.seal.sdjwt import open_certificate

    for path in paths:
        with open_source(str(path), home=home) as source, problems_in(source.name):
            opened = open_certificate(subject_text(source))
        yield path, Upstream(opened.record, opened.digest)


def digest_of(source: str, home: Path | None) -> str:
    """Return the digest that was given, or that of the certificate in a file."""
    from ledger.seal.sdjwt import open_certificate

    if source.startswith("zQm"):
        return source
    with open_source(source, home=home) as found, problems_in(found.name):
        return open_certificate(subject_text(found)).digest


def _subject_of(bundle: SourceBundle) -> str:
    found: list[str] = []
    for _ in with_subject(bundle.lines, found.append):
        if found:
            break
    return found[0]


def with_subject(lines: Iterator[bytes], keep: Callable[[str], None]) -> Iterator[bytes]:
    """Yield the lines of a bundle, and give the text of the certificate that it is about to `keep` when it comes by.

    Raises:
        InputError: `bundle.*`, `document.*`.
    """
    from ledger.seal.digest import certificate_digest
    from schemas.bundle import CertificateLine, Header, read_line

    first = next(lines)
    header = read_line(first, "line 1")
    if not isinstance(header, Header):
        raise InputError.at("bundle.header")
    yield first
    there = False
    for number, raw in enumerate(lines, start=2):
        line = read_line(raw, f"line {number}") if not there and raw.startswith(b'{"t":"certificate"') else None
        if isinstance(line, CertificateLine):
            there = certificate_digest(line.certificate.partition("~")[0]) == header.subject
            if there:
                keep(line.certificate)
        yield raw
    if not there:
        raise InputError.at("bundle.subject", digest=header.subject)


def _told_apart(name: str, stream: BinaryIO) -> Source:
    """Read the first line, which says what the rest is."""
    with problems_in(name):
        first = stream.readline(MOST_CERTIFICATE_BYTES + 1)
        if first.startswith(_PDF):
            return replace(_record_apart(name, _attached(first, stream)), printed=True)
        return _record_apart(name, stream, first)


def _record_apart(name: str, stream: BinaryIO, first: bytes | None = None) -> Source:
    """Return a certificate or a bundle, by its first line."""
    line = stream.readline(MOST_CERTIFICATE_BYTES + 1) if first is None else first
    if line.startswith(_BUNDLE):
        return SourceBundle(name, _lines(line, stream))
    return SourceCertificate(name, _certificate(line, stream))


def _attached(first: bytes, stream: BinaryIO) -> BinaryIO:
    """Return the record that is attached to a PDF."""
    from ledger.files.attached import MOST_PDF_BYTES, attached_record

    return BytesIO(attached_record(first + stream.read(max(0, MOST_PDF_BYTES + 1 - len(first)))))


def _certificate(first: bytes, stream: BinaryIO) -> str:
    if not first:
        raise InputError.at("file.empty")
    text = text_of(first, area="file", max_bytes=MOST_CERTIFICATE_BYTES)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.startswith(_CERTIFICATE):
        raise InputError.at("file.kind", value=text.strip())
    rest = stream.read(_REST_BYTES)
    if rest and not rest.strip(b"\r\n"):
        raise InputError.at("file.line-break")
    if rest:
        raise InputError.at("file.trailing")
    return text


def _lines(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a bundle, bounded one by one and all together."""
    from schemas.bundle import MOST_BUNDLE_BYTES, MOST_LINE_BYTES

    size, number, line = 0, 0, first
    while line:
        size, number = size + len(line), number + 1
        if len(line) > MOST_LINE_BYTES:
            raise InputError.at("bundle.line-size", f"line {number}", size=len(line), limit=MOST_LINE_BYTES)
        if size > MOST_BUNDLE_BYTES:
            raise InputError.at("file.size", limit=MOST_BUNDLE_BYTES)
        yield line
        line = stream.readline(MOST_LINE_BYTES + 1)


def _of_registry(digest: str, home: Path | None, *, audience: Audience, holder: str | None) -> Iterator[bytes]:
    from ledger.bundles.build import bundle_lines

    lines = bundle_lines(open_to_read(home), digest, audience=audience, holder=holder)

    def found() -> Iterator[bytes]:
        with placed(digest):
            yield from lines

    return found()
