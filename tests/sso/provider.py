"""A small OpenID Connect provider on this machine, honest unless it is told otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "weir", "the client's secret"
REMOVED = ...  # its name is the same in every process, and so are the names of the tests that have it as a parameter


@cache
def new_key(kid: str = "first") -> RSAKey:
    """Make a key to sign with, the same one for the same name: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid, "alg": "RS256", "use": "sig"})


@dataclass
class Grant:
    """What a code stands for: the request it answers, the claims about the person."""

    asked: dict[str, str]
    claims: dict[str, Any]


@dataclass
class Provider:
    """The provider. A test changes what it tells: ``metadata``, ``claims`` of a grant, the key it signs with."""

    key: RSAKey = field(default_factory=new_key)
    signing_key: Any = None
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    secret: str = SECRET
    grants: dict[str, Grant] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)  # with each token

    def start(self) -> None:
        """Listen on a free port."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self, b"")

            def do_POST(self) -> None:
                outer._answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        self.server.shutdown()
        self.server.server_close()

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def grant(self, address: str, **claims: Any) -> dict[str, str]:
        """Take a browser that was sent to ``address``, log its person in; give what it brings back."""
        sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_hex(8)
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "aud": sent["client_id"],
            "sub": "zoe",
            "nonce": sent["nonce"],
            "iat": now,
            "exp": now + 300,
            "email": "zoe@example.com",
            "email_verified": True,
            **claims,
        }
        self.grants[code] = Grant(sent, {name: value for name, value in told.items() if value is not REMOVED})
        return {"code": code, "state": sent["state"]}

    def _answer(self, request: Any, body: bytes) -> None:
        path = urlsplit(request.path).path
        self.asked.append(path)
        if path in self.broken:
            self.broken[path](request)
            return
        if path == "/authorize":
            self._send_back(request)
            return
        answers = {
            "/.well-known/openid-configuration": self._configuration,
            "/jwks": lambda: KeySet([self.key]).as_dict(private=False),
            "/token": lambda: self._token(request.headers.get("Authorization", ""), body.decode()),
            "/userinfo": lambda: self.user_info,
        }
        self.reply(request, 200, answers[path]())

    def _send_back(self, request: Any) -> None:
        """Log in at once whoever comes with a browser."""
        brought = self.grant(request.path, **self.claims)
        request.send_response(302)
        back = parse_qs(urlsplit(request.path).query)["redirect_uri"][0]
        request.send_header("Location", f"{back}?{urlencode(brought)}")
        request.send_header("Content-Length", "0")
        request.end_headers()

    @staticmethod
    def reply(request: Any, status: int, document: Any) -> None:
        """Send JSON."""
        content = json.dumps(document).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _configuration(self) -> dict[str, Any]:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.metadata,
        }
        return {name: value for name, value in told.items() if value is not REMOVED}

    def _token(self, authorisation: str, body: str) -> dict[str, Any]:
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        grant = self.grants.pop(sent["code"], None)
        if grant is None:
            return {"error": "invalid_grant"}
        shown = base64.b64decode(authorisation.removeprefix("Basic ")).decode() if authorisation else ""
        assert self.secret in shown or sent.get("client_secret", "") == self.secret
        assert sent["redirect_uri"] == grant.asked["redirect_uri"]
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert grant.asked["code_challenge_method"] == "S256"
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == grant.asked["code_challenge"]
        token = jwt.encode(self.header, grant.claims, self.signing_key or self.key, algorithms=["RS256", "HS256"])
        self.told.append({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})
        return self.told[-1]


def hmac_key(secret: str) -> OctKey:
    """Make a symmetric key of a text."""
    return OctKey.import_key(secret.encode())
