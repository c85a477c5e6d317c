"""Texts that want to be more than text, and a page that has one wherever a caller's text stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.document import replace
from schemas.name import Name

if TYPE_CHECKING:
    from api.web.page import PageContent

XSS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>", "javascript:alert(1)",
    "</title><script>alert(1)</script>", "</bdi></main><script>alert(1)</script>", "<!--fresh-->", "--><script>alert(1)</script>",
    "{{ 7*7 }}", "{% for x in y %}", "${7*7}", "&lt;script&gt;", "&#60;script&#62;", "<iframe srcdoc='<script>'>",
    "<a href=javascript:alert(1)>x</a>", "<style>*{display:none}</style>", "\u202e<script>", "<base href=//evil.example>",
    "<form action=//evil.example>", "<meta http-equiv=refresh content=0>", "<details open ontoggle=alert(1)>", "%(x)s", "{0}", "{reason}",
    "<math><mtext><script>", "<svg><style>@import//evil", "\x00<script>", "<input autofocus onfocus=alert(1)>", "`-alert(1)-`", "]]><script>",
)  # fmt: skip


def hostile(given: PageContent, text: str) -> PageContent:
    """Put a text wherever a caller's text stands: names, lot, description, DID, places and facts of checks, the
    chain.
    """
    assert given.record is not None
    assert given.graph is not None
    assert given.party is not None
    record = given.record
    issuer = replace(record.issuer, names=(Name(lang="en", text=text),), registration=text)
    batch = replace(record.batch, lot=text, description=text)
    checks = tuple(
        replace(check, place=text, sentence=f"! {text} !", facts=dict.fromkeys((*check.facts, "x"), text))
        for check in given.report.checks
    )
    certificate = given.report.certificate
    assert certificate is not None
    batches = tuple(
        replace(each, lot=text, issuer=text, branches=tuple(replace(branch, material=text) for branch in each.branches))
        for each in given.graph.batches
    )
    return replace(
        given,
        record=replace(record, issuer=issuer, batch=batch),
        graph=replace(given.graph, batches=batches),
        report=replace(given.report, checks=checks, certificate=replace(certificate, lot=text, issuer_name=text)),
        party=replace(given.party, names=(Name(lang="en", text=text),), registration=text),
    )
