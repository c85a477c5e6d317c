"""The script that takes the place of `oreprint`: it asks a server of forked commands for one (`forked.py`).

It starts hundreds of times, so it is short, since Python compiles it each time, and loads little: what `signal` and
`socket` are made of, without their enumerations, which take as long as the rest of the start.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import sys

FORWARDED = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM)
NUMBER_BYTES = 4
STREAMS = b"".join(each.to_bytes(4, sys.byteorder) for each in (0, 1, 2))


def ask(place: str, words: list[str]) -> int:
    """Run a command there with the streams of this process, pass signals on, and end as it does."""
    server = _socket.socket(_socket.AF_UNIX)
    server.connect(place)
    told = marshal.dumps((words, os.getcwd(), dict(os.environ)))  # noqa: PTH109 - as the server takes it
    streams = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, STREAMS)
    server.sendmsg([len(told).to_bytes(NUMBER_BYTES)], [streams])
    server.sendall(told)
    pid = int.from_bytes(read(server, NUMBER_BYTES))
    for each in FORWARDED:
        _signal.signal(each, lambda number, _: os.kill(pid, number))
    code = int.from_bytes(read(server, NUMBER_BYTES), signed=True)
    if code < 0:
        _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def read(server: _socket.socket, length: int) -> bytes:
    """Read so many bytes; raise EOFError if the other side ends before."""
    found = b""
    while len(found) < length:
        part = server.recv(length - len(found))
        if not part:
            raise EOFError
        found += part
    return found


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
