"""A mail server that takes whatever it is sent, or hangs before it has."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """What was taken, and whether the server answers a mail; ``is_asked`` is set when one comes."""

    url: str = ""
    mails: list[str] = field(default_factory=list)
    hangs: bool = False
    is_asked: threading.Event = field(default_factory=threading.Event)
    is_taken: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve SMTP (RFC 5321, as little as it takes) on a port of this machine."""
    made = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 weir.test")
            while line := self.rfile.readline().decode().strip().upper():
                if line == "DATA":
                    self.take()
                elif line == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def take(self) -> None:
            self.say("354 go on")
            lines = list(iter(lambda: self.rfile.readline().decode(), ".\r\n"))
            made.is_asked.set()
            if made.hangs:
                made.is_over.wait(60)
                return
            made.mails.append("".join(lines))
            self.say("250 taken")
            made.is_taken.set()

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        made.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield made
        finally:
            made.is_over.set()
            server.shutdown()
