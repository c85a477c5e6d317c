"""`oreprint demo`: the five-minute story on the Bayan Obo example."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.listening import address, listening, own_address
from cli.parts import DatabaseOption, home_of
from cli.terminal import tell, wrapped
from cli.unused_options import refuse_unused

if TYPE_CHECKING:
    from cli.story import Story

DEFAULT_HOME: Final = Path("build") / "demo"
DEFAULT_PORT: Final = 8080
LOCAL: Final = "127.0.0.1"


def command(  # noqa: PLR0913 - a parameter an option
    context: typer.Context,
    home: Annotated[
        Path, typer.Option("--home", metavar="DIR", help="The folder for the demo's files.")
    ] = DEFAULT_HOME,
    examples: Annotated[
        Path | None,
        typer.Option("--examples", metavar="DIR", help="The example's records. Default: those shipped with Oreprint."),
    ] = None,
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="DIR", help="Only copy the example's records to DIR/bayan-obo.")
    ] = None,
    database_url: DatabaseOption = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=1, max=65534, help="With --serve: the port to listen on. The next port is used, too."
        ),
    ] = DEFAULT_PORT,
    *,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then serve the pages until Ctrl-C and open them in a browser.")
    ] = False,
    lan: Annotated[
        bool,
        typer.Option(
            "--lan", help="With --serve: serve the devices of your network, so that a phone can scan a label."
        ),
    ] = False,
) -> None:
    """Show the five-minute demo: ten producers, fifteen certified lots, one magnet, one forgery, one recall.

    It starts from nothing each time. With --serve it then serves the pages, and the labels lead to them. All plants,
    lots and amounts are invented.

    Example: oreprint demo --home build/demo --serve
    """
    from cli.source import pages_origin
    from cli.story import Story, copy_example
    from ledger.carrier.link import resolver_of

    if copy is not None:
        refuse_unused(context, "with --copy", "home", "examples", "database_url", "port", "serve", "lan")
        print(f"The example's records are in {copy_example(copy)}.")
        return
    if not serve:
        refuse_unused(context, "without --serve", "port", "lan")
    host = own_address() if lan else LOCAL
    for each in (port, port + 1) if serve else ():  # told before the folder is cleared
        listening(each, host).close()
    origin = pages_origin() or (resolver_of(address(port, host)) if serve else None)
    story = Story.begin(home_of(home, database_url), examples, origin)
    story.tell()
    if serve:
        _serve(story, port, host)


def _serve(story: Story, port: int, host: str) -> None:
    """Serve the demo's registry, and beside it a copy in which a lot is withdrawn, until told to stop."""
    from cli.commands.serve import serve_together
    from cli.story import MAGNET
    from ledger.registry.folder import Home

    with listening(port, host) as main, listening(port + 1, host) as beside, TemporaryDirectory() as folder:
        copy = story.withdrawn(Home(Path(folder) / "copy"))
        pages = _pages(story, address(port, host), address(port + 1, host))
        # an address is whole on its line, however narrow the terminal, so that it can be clicked
        label = story.home.path / "labels" / f"{MAGNET}.svg"
        tell(["", *wrapped(f"The label {label} opens the page of {MAGNET}. {_phone(host)}")])
        tell(["", "Serving until Ctrl-C:", *(line for name, page in pages for line in (f"  {name}:", f"    {page}"))])
        tell(_desk(story, host, address(port, host)))
        sys.stdout.flush()
        _open(pages[0][1])
        serve_together([(story.home, main), (copy.home, beside)])
        copy.registry.engine.dispose()
    print("Stopped.")


def _desk(story: Story, host: str, here: str) -> list[str]:
    """Return how to get to the producer's desk, which is open on this machine alone: a network has no TLS here."""
    if host != LOCAL:
        return ["", *wrapped("For the producer's desk, start the demo without --lan: it needs TLS in a network.")]
    from cli.demo_desk import fill_desk

    desk = fill_desk(story, here)
    workbook = story.home.path / "day.xlsx"
    return [
        "",
        *wrapped(f"At the producer's desk, upload {workbook}: it has three mistakes. A shipment waits under Incoming."),
        "  What a customer of Example Magnet A sees of its alloy, by its private link:",
        f"    {desk.private}",
        "  The desk of Example Magnet A; this link signs you in once:",
        f"    {desk.sign_in}",
    ]


def _phone(host: str) -> str:
    """Return how a phone can scan a label."""
    if host == LOCAL:
        return "To scan it with a phone in your network, start the demo with --serve --lan."
    return "Print it or open it on the screen, and scan it with a phone in the same network."


def _pages(story: Story, here: str, beside: str) -> list[tuple[str, str]]:
    """Return the pages to look at, each with its address; the key in one of them opens the maker's own view."""
    from cli.story import MAGNET, RECALLED
    from ledger.admin.tokens import create_token

    magnet, recalled = (f"/c/{story.digests[lot]}" for lot in (MAGNET, RECALLED))
    _, key = create_token(story.registry, tenant=story.producer(MAGNET), scopes=["read"], label="demo")
    return [
        (f"{MAGNET}, as everybody sees it", here + magnet),
        (f"{MAGNET}, with its chain, as its maker sees it", f"{here}{magnet}#key={key}"),
        (f"{MAGNET}, once {RECALLED} is withdrawn", beside + magnet),
        (f"{RECALLED}, withdrawn", beside + recalled),
        ("A link, a digest, a code or a file", f"{here}/"),
        ("The API", f"{here}/openapi.json"),
    ]


def _open(address: str) -> None:
    """Open a page, where somebody sits at a terminal and the machine has a browser with windows."""
    import webbrowser

    if not sys.stdout.isatty():
        return
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:  # one that would take the terminal
        browser.open(address)
