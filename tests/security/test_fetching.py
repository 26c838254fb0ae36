"""Nobody leads Weir to what only Weir can reach: by no spelling, no name, no redirect."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from apps.core.fetching import FetchFailed, FetchRefused, check_url, fetch
from apps.core.fetching.rules import may_connect

Names = dict[str, list[str]]


class Listener:
    """A web server on an address of this machine; ``asked`` has method, path, Host and body of what came."""

    def __init__(self, host: str) -> None:
        outer = self
        self.asked: list[tuple[str, str, str, bytes]] = []
        self.answer: Callable[[Any], None] = lambda request: request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nhello")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, self.headers["Host"], body))
                outer.answer(self)

            do_POST = do_GET  # noqa: N815  (as the base class calls it)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def listen() -> Iterator[Callable[[str], Listener]]:
    """Start listeners, which end with the test."""
    started: list[Listener] = []

    def start(host: str) -> Listener:
        started.append(Listener(host))
        return started[-1]

    yield start
    for listener in started:
        listener.server.shutdown()
        listener.server.server_close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Names that stand for addresses of our choice; each look-up of one gives the next address, the last for ever."""
    known: Names = {}
    look_up = socket.getaddrinfo

    def found(host: Any, *arguments: Any, **options: Any) -> Any:
        addresses = known.get(host)
        if not addresses:
            return look_up(host, *arguments, **options)
        return look_up(addresses.pop(0) if len(addresses) > 1 else addresses[0], *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return known


@pytest.fixture
def only_one(settings: Settings) -> None:
    """The operator allows HTTP, and one address of this machine."""
    settings.FETCH_ALLOW_HTTP = True
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.7")]


@pytest.mark.parametrize(
    "url",
    [
        r"http://127.0.0.9:9100\@localhost",
        r"https://id.example.com\.evil.example",
        "https://name@id.example.com",
        "https://name:word@id.example.com/",
        "https://@id.example.com",
        "https://id.example.com/\r\nX-Header: 1",
        "https://id.example.com/\x0b",
        "https://id.example.com/a b",
        " https://id.example.com",
        "https://id.example.com/\x7f",
        "https://ïd.example.com",
        "https://id.example.com%2f@evil.example",
        "https://id%2eexample.com",
        "https://[fe80::1%25eth0]/",
        "https://id.example.com:99999",
        "https:///path",
        "https:id.example.com",
        "//id.example.com",
        "file:///etc/passwd",
        "gopher://id.example.com",
        "javascript:alert(1)",
        "http://id.example.com",
        "",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(FetchRefused):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://id.example.com", "HTTPS://id.example.com:8443/a/b?c=d@e#f", "https://[2001:db8::1]/x"]
)
def test_what_can_be_read_in_one_way_is_not(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
        "2001:0:7f00:1::",
    ],
)
def test_addresses_that_are_not_public_are_not_connected_to(address: str) -> None:
    assert not may_connect(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111"])
def test_public_addresses_are(address: str) -> None:
    assert may_connect(ip_address(address))


def test_the_operator_lists_networks(settings: Settings) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    addresses = ("10.1.2.3", "fd00::1", "10.2.0.1", "::ffff:10.1.2.3", "127.0.0.1")
    assert [may_connect(ip_address(address)) for address in addresses] == [True, True, False, False, False]


@pytest.mark.usefixtures("only_one")
@pytest.mark.parametrize(
    "host", ["127.0.0.9", "2130706441", "0x7f.9", "127.9", "0177.0.0.9", "[::ffff:127.0.0.9]", "elsewhere.example"]
)
def test_no_spelling_of_an_address_leads_there(listen: Callable[[str], Listener], names: Names, host: str) -> None:
    names["elsewhere.example"] = ["127.0.0.9"]
    private = listen("127.0.0.9")
    with pytest.raises((FetchRefused, FetchFailed)):
        fetch(f"http://{host}:{private.port}/secret")
    assert private.asked == []


@pytest.mark.usefixtures("only_one")
def test_a_name_is_looked_up_once_and_keeps_its_name(listen: Callable[[str], Listener], names: Names) -> None:
    allowed = listen("127.0.0.7")
    names["hooks.example"] = ["127.0.0.7", "127.0.0.9"]  # whoever looked again would be led elsewhere
    answer = fetch(f"http://hooks.example:{allowed.port}/in?a=b", method="POST", headers={"X-Kind": "a"}, body=b"{}")
    assert (answer.status_code, answer.content) == (200, b"hello")
    assert allowed.asked == [("POST", "/in?a=b", f"hooks.example:{allowed.port}", b"{}")]


@pytest.mark.usefixtures("only_one")
def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80)) for host in ("127.0.0.7", "127.0.0.9")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(FetchRefused, match=r"hooks\.example is at an address that is not public"):
        fetch("http://hooks.example/")


@pytest.mark.usefixtures("only_one")
@pytest.mark.parametrize(
    "target", ["http://127.0.0.9:{port}/secret", r"http://127.0.0.9:{port}\@localhost", "ftp://a/"]
)
def test_redirects_are_checked_anew(listen: Callable[[str], Listener], target: str) -> None:
    allowed, private = listen("127.0.0.7"), listen("127.0.0.9")
    where = target.format(port=private.port).encode()
    allowed.answer = lambda request: request.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: " + where + b"\r\n\r\n")
    with pytest.raises((FetchRefused, FetchFailed)):
        fetch(f"http://127.0.0.7:{allowed.port}/", redirects=3)
    assert private.asked == []
    assert fetch(f"http://127.0.0.7:{allowed.port}/").status_code == 302


@pytest.mark.usefixtures("only_one")
def test_redirects_end(listen: Callable[[str], Listener]) -> None:
    allowed = listen("127.0.0.7")
    allowed.answer = lambda request: request.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: /again\r\n\r\n")
    with pytest.raises(FetchFailed):
        fetch(f"http://127.0.0.7:{allowed.port}/", redirects=3)
    assert len(allowed.asked) == 4


def drip(request: Any) -> None:
    """Give a byte now and then."""
    request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(100):
        request.wfile.write(b" ")
        time.sleep(0.05)


@pytest.mark.usefixtures("only_one")
@pytest.mark.parametrize("answer", [drip, lambda _: time.sleep(3)], ids=["drips", "is silent"])
def test_time_is_bounded_in_all(listen: Callable[[str], Listener], answer: Callable[[Any], None]) -> None:
    allowed = listen("127.0.0.7")
    allowed.answer = answer
    began = time.monotonic()
    with pytest.raises(FetchFailed):
        fetch(f"http://127.0.0.7:{allowed.port}/", seconds=0.4)
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("only_one")
def test_size_is_bounded(listen: Callable[[str], Listener]) -> None:
    allowed = listen("127.0.0.7")
    allowed.answer = lambda request: request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000)
    url = f"http://127.0.0.7:{allowed.port}/"
    assert len(fetch(url, max_bytes=5000).content) == 5000
    with pytest.raises(FetchFailed, match="more than 4999 bytes"):
        fetch(url, max_bytes=4999)


@pytest.mark.usefixtures("only_one")
def test_no_proxy_of_the_environment_is_used(
    listen: Callable[[str], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, proxy = listen("127.0.0.7"), listen("127.0.0.9")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.9:{proxy.port}")
    fetch(f"http://127.0.0.7:{allowed.port}/")
    assert (len(allowed.asked), proxy.asked) == (1, [])


def certificate_of(name: str, file: Path) -> Path:
    """Make a key and a certificate for a name, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = x509.CertificateBuilder(who, who, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(pem, *plain) + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.mark.usefixtures("only_one")
@pytest.mark.parametrize(("name", "is_theirs"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_is_that_of_the_name(
    listen: Callable[[str], Listener], names: Names, settings: Settings, tmp_path: Path, name: str, is_theirs: bool
) -> None:
    file = certificate_of("hooks.example", tmp_path / "pair.pem")
    allowed, wanted = listen("127.0.0.7"), []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _socket, sni, _context: wanted.append(sni)
    allowed.server.socket = context.wrap_socket(allowed.server.socket, server_side=True)
    names[name] = ["127.0.0.7"]
    settings.FETCH_CA_FILE = str(file)
    if is_theirs:
        assert fetch(f"https://{name}:{allowed.port}/").content == b"hello"
    else:
        with pytest.raises(FetchFailed):
            fetch(f"https://{name}:{allowed.port}/")
    assert wanted == [name]


@pytest.mark.parametrize("host", ["a..b", "a" * 70, f"{'a' * 64}.example.com", "x." * 200 + "com"])
def test_a_name_that_no_host_can_have_is_one_that_is_not_there(host: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(f"https://{host}/x")
