"""Every state that a page can be in, from worlds of tests, and a server that shows them with the page's own routes.

The records are real and judged by the real verification; only the registry behind them is a world instead of a
database, so that states are there which a registry never issues.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from api.answers import FOR_EVER
from api.web.assets import ASSETS, VERSION
from api.web.negotiation import chosen_language
from api.web.offline import render_offline, worker_script
from api.web.page import PageAddress, PageContent, render
from api.web.routes import MISSING, PAGE_HEADERS
from api.web.template import render_problem, render_search
from api.web.uploads import content_of
from ledger.bundles.verification import VerifiedFile
from ledger.plausibility.answers import answered
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import instant_text
from schemas.name import Name
from schemas.report import Audited
from schemas.sentences import AUDITED, filled
from schemas.trust import FormerNames, TrustList
from tests.support.worlds.auditors import with_auditors
from tests.support.worlds.broken_histories import DAY_MS, Case, case
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.parties import REGISTRIES, key
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.upstream import WITHDRAWN, with_word
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page
    from starlette.requests import Request

    from schemas.report import AuditedState, Verdict
    from tests.support.worlds.drafts import Issuance, Lump
    from tests.support.worlds.parties import Cast

KG: Final = 1_000_000
HOME: Final = REGISTRIES[0]
ORIGIN: Final = "https://registry.example"
_NAMES: Final = "Eva, Fay, Gus"


def _world(now_ms: int) -> World:
    """Return a world whose history ends about now, with names in two scripts."""
    return World(now_ms=now_ms // 1000 * 1000 - 3_600_000, full=True)


def _people(world: World, **change: object) -> Cast:
    def named(listed: TrustList) -> TrustList:
        other = Name(lang="zh-Hans", text="北方稀土示例公司")
        parties = [replace(party, names=(*party.names, other), **change) for party in listed.parties]
        return replace(listed, parties=tuple(parties))

    return world.people.changed(named)


def _mined(world: World, kg: int = 1000, **how: object) -> Issuance:
    return world.issue("ann", makes=[Make(kg * KG)], **how)  # type: ignore[arg-type]


def _drawn(world: World) -> Lump:
    part, _ = world.split(_mined(world).lumps[0], 400 * KG)
    return world.move(part, "ben")


def _chain(world: World) -> Issuance:
    first = world.issue("ben", [_drawn(world)], [Make(300 * KG), Make(100 * KG)])
    other = _mined(world, 150)
    lumps = [world.move(lump, "cat") for lump in (*first.lumps, *other.lumps)]
    return world.issue("cat", lumps, [Make(545 * KG)])


def _genuine(now_ms: int) -> Case:
    world = _world(now_ms)
    return case(world, _chain(world), "genuine")


def _public(now_ms: int) -> Case:
    world = _world(now_ms)
    made = _chain(world)
    return _alone(world, made, "genuine", change=with_word(world, made.certificate))


def _audited(now_ms: int) -> Case:
    """Return the case of a batch of whose chain nothing is shown, in a registry with three auditors."""
    found = _public(now_ms)
    cast = found.cast.changed(lambda listed: with_auditors(listed, *map(str.lower, _NAMES.split(", ")), least=2))
    return replace(found, cast=cast)


def _alone(world: World, made: Issuance, verdict: Verdict, **how: object) -> Case:
    """Return the case of a batch of whose chain nothing is shown."""
    without = [each for each in world.records if each != made.digest]
    return case(world, made, verdict, show="public", without=without, **how)


def _hidden_withdrawn(now_ms: int) -> Case:
    world = _world(now_ms)
    made = _chain(world)
    return _alone(world, made, "withdrawn", change=with_word(world, made.certificate, WITHDRAWN))


def _no_word(now_ms: int) -> Case:
    world = _world(now_ms)
    return _alone(world, _chain(world), "genuine")


def _withheld(now_ms: int) -> Case:
    world = _world(now_ms)
    made = _chain(world)
    show = {"run", "run/outputs/0", "run/inputs/0", "run/inputs/0/source", "run/inputs/1"}
    lines = world.bundle(made.certificate, lambda digest: show if digest == made.certificate.digest else "partner")
    return Case(lines, world.people, case(world, made).policy, "genuine")


def _custodial(now_ms: int) -> Case:
    world = _world(now_ms)
    return replace(case(world, _mined(world), "genuine"), cast=_people(world, custodial=True, demo=True))


def _superseded(now_ms: int) -> Case:
    world = _world(now_ms)
    old = _mined(world)
    world.issue("ann", makes=[Make(1000 * KG)], follows=old)
    return case(world, old, "superseded")


def _expired(now_ms: int) -> Case:
    """Return the case of a batch that expired, whose issuer has been renamed since."""
    world = _world(now_ms)
    found = case(world, _mined(world, valid_until=instant_text(world.now_ms + 2000)), "expired")
    return replace(found, cast=world.people.changed(lambda listed: _renamed(listed, instant_text(world.now_ms + 2000))))


def _renamed(listed: TrustList, at: str) -> TrustList:
    """Return a list in which the first party had its name only until then."""
    first, *rest = listed.parties
    had = FormerNames(names=first.names, until=at)
    now = replace(first, names=(Name(lang="en", text="Annabel"),), renamed=at, former_names=(had,))
    return replace(listed, parties=(now, *rest))


def _ended(kind: str) -> Callable[[int], Case]:
    def made(now_ms: int) -> Case:
        world = _world(now_ms)
        batch = _mined(world)
        world.change(kind, batch.certificate)  # type: ignore[arg-type]
        return case(world, batch, "withdrawn")

    return made


def _upstream_withdrawn(now_ms: int) -> Case:
    world = _world(now_ms)
    batch = _mined(world, 400)
    other = _mined(world, 100)
    lumps = [world.move(lump, "ben") for lump in (*batch.lumps, *other.lumps)]
    made = world.issue("ben", lumps, [Make(480 * KG)])
    world.change("withdraw", other.certificate)
    return case(world, made, "withdrawn")


def _stale(now_ms: int) -> Case:
    found = _genuine(now_ms - 2 * DAY_MS)
    return replace(found, policy=replace(found.policy, at_ms=now_ms), verdict="incomplete")


def _implausible(now_ms: int) -> Case:
    world = _world(now_ms)
    return case(world, world.issue("ben", [_drawn(world)], [Make(430 * KG)]), "do-not-rely")


def _unknown_issuer(now_ms: int) -> Case:
    world = _world(now_ms)

    def without_ann(listed: TrustList) -> TrustList:
        return replace(listed, parties=listed.parties[1:])

    found = case(world, _mined(world), "do-not-rely")
    return replace(found, cast=world.people.changed(without_ann))


def _forged(now_ms: int) -> Case:
    world = _world(now_ms)
    other = key("ben")
    wrong = type(other)(key("ann").kid, other.key)
    return case(world, _mined(world, cheat=Cheat(signer=wrong)), "do-not-rely")


def _unknown_registry(now_ms: int) -> Case:
    world = _world(now_ms)

    def elsewhere(listed: TrustList) -> TrustList:
        others = tuple(each for each in listed.registries if each.id != HOME)
        return replace(listed, registries=others, parties=listed.parties[1:])

    found = case(world, _mined(world), "incomplete")
    return replace(found, cast=world.people.changed(elsewhere))


def _tampered_upstream(now_ms: int) -> Case:
    """A whole chain, in which one disclosure of the first certificate is another one."""
    found = _genuine(now_ms)
    at = next(number for number, line in enumerate(found.lines) if line.startswith(b'{"t":"certificate"'))
    head, _, rest = found.lines[at].partition(b"~")
    letter = b"A" if rest[40:41] != b"A" else b"B"
    lines = [*found.lines]
    lines[at] = head + b"~" + rest[:40] + letter + rest[41:]
    return replace(found, lines=lines, verdict="do-not-rely")


STATES: Final[dict[str, Callable[[int], Case]]] = {
    "genuine": _genuine,
    "public": _public,
    "no-word": _no_word,
    "hidden-withdrawn": _hidden_withdrawn,
    "withheld": _withheld,
    "custodial-demo": _custodial,
    "superseded": _superseded,
    "expired": _expired,
    "withdrawn": _ended("withdraw"),
    "suspended": _ended("suspend"),
    "upstream-withdrawn": _upstream_withdrawn,
    "stale": _stale,
    "implausible": _implausible,
    "unknown-issuer": _unknown_issuer,
    "forged": _forged,
    "unknown-registry": _unknown_registry,
    "tampered-upstream": _tampered_upstream,
}
"""A state's name, and the case that shows it at a time (ms)."""


def _audits(state: AuditedState, words: str, **facts: str) -> Audited:
    return Audited(
        state=state, required=2, of=3, words=words, facts=facts, sentence=filled(AUDITED[words], facts)
    )  # fmt: skip


_MADE: Final = "2026-11-25T12:00:00Z"
AUDITS: Final[dict[str, Audited]] = {
    "audited": _audits("audited", "audited", k="3", names=_NAMES, made=_MADE),
    "audited-one": _audits("audited", "audited-one", k="1", names="Eva", made=_MADE),
    "audit-relied": _audits("relied", "relied", k="3", names=_NAMES, made=_MADE),
    "audit-short": _audits("short", "short", m="1", k="2", names="Eva"),
    "audit-disputed": _audits("disputed", "disputed", name="Gus", m="1"),
    "audit-registry": _audits("none", "registry", registry=HOME),
}
"""What auditors may say of the chain of the state `public`, which shows nothing of it."""


def with_audits(content: PageContent, audited: Audited) -> PageContent:
    """Return a page's content with the words of auditors."""
    return replace(content, report=answered(replace(content.report, audited=audited)))


def shown(found: Case) -> PageContent:
    """Return what a page of a case is made of, with names in two scripts."""
    subject = next(line for line in found.lines[:1]).split(b'"subject":"')[1].split(b'"')[0].decode()
    chain = verify_bundle(found.lines, trust=found.cast.trust, tables=tables(), policy=found.policy)
    return content_of(VerifiedFile(chain, found.lines), found.cast.trust, tables(), PageAddress(ORIGIN, subject))


def page(found: Case, tag: str = "en", *, change: Callable[[PageContent], PageContent] = lambda given: given) -> bytes:
    """Return the page of a case."""
    return told_in(tag, change(shown(found)))


def told_in(tag: str, made: PageContent) -> bytes:
    """Return the page of a content in a language."""
    report = made.report
    return render(made, tag).at(
        checked_at=report.checked_at, log_size=report.log_size, status_age_s=report.status_age_s
    )


class Showcase:
    """The server's answers: `/show/<state>`, what the page asks for from there, and its files."""

    def __init__(self, now_ms: int | None = None) -> None:
        now = now_ms or time.time_ns() // 1_000_000
        self.cases = {name: made(now) for name, made in STATES.items()} | dict.fromkeys(AUDITS, _audited(now))
        self.state = "genuine"
        self.other: str | None = None
        self.trust: str | None = None
        self.worker = worker_script()
        self._pages: dict[tuple[str, str], bytes] = {}
        self._contents: dict[str, PageContent] = {}
        self.lie: Callable[[bytes], bytes] = lambda content: content

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/show/{state}", self._show),
                Route("/missing", self._missing),
                Route("/", self._search),
                Route("/offline", self._offline),
                Route("/worker.js", self._worker),
                Route("/v1/certificates/{digest}/bundle", self._bundle),
                Route("/trust.json", self._trust),
                Route("/static/{version}/{name:path}", self._static),
            ]
        )

    def _page(self, content: bytes) -> Response:
        return Response(content, media_type="text/html; charset=utf-8", headers=PAGE_HEADERS)

    def _tag(self, request: Request) -> str:
        return chosen_language(request.query_params.get("lang"), request.headers.get("accept-language"))

    def _show(self, request: Request) -> Response:
        self.state = request.path_params["state"]
        return self._page(self.lie(self.told(self.state, self._tag(request))))

    def told(self, state: str, tag: str) -> bytes:
        """Return the page of a state in a language, made once; the state is judged once."""
        if state not in self._contents:
            content, audited = shown(self.cases[state]), AUDITS.get(state)
            self._contents[state] = with_audits(content, audited) if audited else content
        if (state, tag) not in self._pages:
            self._pages[state, tag] = told_in(tag, self._contents[state])
        return self._pages[state, tag]

    def _missing(self, request: Request) -> Response:
        return self._page(render_problem(self._tag(request), title=MISSING[0], message=MISSING[1]))

    def _search(self, request: Request) -> Response:
        return self._page(render_search(self._tag(request)))

    def _offline(self, request: Request) -> Response:
        return self._page(render_offline(self._tag(request)))

    def _worker(self, _: Request) -> Response:
        return Response(self.worker, media_type=ASSETS["worker.js"].media_type, headers=PAGE_HEADERS)

    def _bundle(self, _: Request) -> Response:
        return Response(b"".join(self.cases[self.other or self.state].lines))

    def _trust(self, _: Request) -> Response:
        return Response(self.trust or self.cases[self.state].cast.note)

    def _static(self, request: Request) -> Response:
        assert request.path_params["version"] == VERSION
        asset = ASSETS[request.path_params["name"]]
        return Response(asset.plain, media_type=asset.media_type, headers={**PAGE_HEADERS, **FOR_EVER})


UNFOLD: Final = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


JUDGED: Final = """() => new Promise((done) => {
  const look = () => document.documentElement.dataset.checked !== undefined && done(true);
  new MutationObserver(look).observe(document.documentElement, { attributes: true });
  look();
  setTimeout(() => done(false), 20_000);
})"""


def judged(page: Page) -> None:
    """Wait until the browser has judged the record of a page, and where its own steps hold its whole chain.

    The page tells when it is so; asking it again and again would draw it each time.
    """
    assert page.evaluate(JUDGED), "the browser never judged it"


@contextmanager
def running(app: object) -> Iterator[str]:
    """Serve an application on a free port of this machine; give its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
