"""The script that takes the place of `oreprint`: it asks a server of forked commands for one (`forked.py`).

It starts hundreds of times, so it loads little and is short: Python compiles it each time.
"""

import marshal
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
NUMBER_BYTES = 4


def ask(place: str, words: list[str]) -> int:
    """Run a command there with the streams of this process, pass signals on, and end as it does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        told = marshal.dumps((words, os.getcwd(), dict(os.environ)))  # noqa: PTH109 - as the server takes it
        socket.send_fds(server, [len(told).to_bytes(NUMBER_BYTES)], [0, 1, 2])
        server.sendall(told)
        pid = int.from_bytes(read(server, NUMBER_BYTES))
        for each in FORWARDED:
            signal.signal(each, lambda number, _: os.kill(pid, number))
        code = int.from_bytes(read(server, NUMBER_BYTES), signed=True)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def read(server: socket.socket, length: int) -> bytes:
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
