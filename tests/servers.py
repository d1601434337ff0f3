"""Servers as others run them, on this machine: an SMS gateway that checks signatures, a mail server with TLS, a plain one."""
import base64
import datetime as dt
import http.server
import ipaddress
import re
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from casework.identity.sessions import signature_of

KEY, SECRET = "city", "a secret of the gateway"


@dataclass
class Gateway:
    """What it was sent and how it answers: `answers` one after the other, the last for ever; "hang" says nothing."""

    url: str = ""
    answers: list[int | str] = field(default_factory=lambda: [200])
    taken: list[dict[str, str]] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    def judge(self, method: str, path: str, headers: Any, body: bytes) -> int | str:
        """The status for a request: 401 unless it is signed, else the next answer."""
        parts = dict(re.findall(r"(\w+)=([^,\s]+)", headers.get("Authorization", "")))
        wanted = signature_of(SECRET, method, path, parts.get("time", ""), parts.get("nonce", ""), body)
        if parts.get("key") != KEY or parts.get("signature") != wanted or parts["nonce"] in self.nonces:
            self.forged.append(path)
            return 401
        self.nonces.add(parts["nonce"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == 200:
            sent = orjson.loads(body)
            assert headers["Idempotency-Key"] == sent["id"]
            self.taken.append(sent)
        return answer


@contextmanager
def gateway(*answers: int | str) -> Iterator[Gateway]:
    """An SMS gateway that runs as long as the block."""
    made = Gateway(answers=list(answers) or [200])

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.judge("POST", self.path, self.headers, body)
            if status == "hang":
                time.sleep(1)
                return
            self.send_response(cast("int", status))
            self.send_header("Content-Length", "0")
            if status == 302:
                self.send_header("Location", "http://198.51.100.1/")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            pass

    with _running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        made.url = f"http://127.0.0.1:{port}/send?city=1"
        yield made


@contextmanager
def always(content: bytes, media_type: str) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every GET with this, as long as the block: its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            pass

    with _running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}", asked


@dataclass
class Post:
    """What a mail server took, from whom, and by which means; `refuses` answers RCPT with this code."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuses: int = 0


@contextmanager
def mail_server(certificate: Path | None = None, *, at_once: bool = False, refuses: int = 0, password: str | None = None,
                goodbye: str = "221 bye") -> Iterator[Post]:
    """A mail server that runs as long as the block; with a certificate it offers STARTTLS, or speaks TLS `at_once`."""
    made = Post(refuses=refuses)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                self.talk()
            except (OSError, ssl.SSLError):
                return  # who does not trust the certificate goes away

        def talk(self) -> None:
            line, secure = self.request, at_once
            if at_once:
                line = context.wrap_socket(line, server_side=True)
            reader = line.makefile("rb")
            line.sendall(b"220 here\r\n")
            while command := reader.readline().decode().strip():
                verb = command.split()[0].upper()
                if verb == "EHLO":
                    offer = "250-STARTTLS\r\n" if certificate and not secure else ""
                    line.sendall(f"250-here\r\n250-AUTH PLAIN\r\n{offer}250 8BITMIME\r\n".encode())
                elif verb == "STARTTLS":
                    line.sendall(b"220 go\r\n")
                    line, secure = context.wrap_socket(line, server_side=True), True
                    reader = line.makefile("rb")
                elif verb == "AUTH":
                    _, user, shown = base64.b64decode(command.split()[2]).decode().split("\0")
                    made.logins.append((user, shown))
                    line.sendall(b"235 welcome\r\n" if password in {None, shown} else b"535 wrong\r\n")
                elif verb == "RCPT" and made.refuses:
                    line.sendall(f"{made.refuses} no\r\n".encode())
                elif verb == "DATA":
                    line.sendall(b"354 go\r\n")
                    said = b"".join(iter(reader.readline, b".\r\n"))
                    made.mails.append(cast("EmailMessage", message_from_bytes(said, policy=policy.default)))
                    made.encrypted.append(secure)
                    line.sendall(b"250 taken\r\n")
                else:
                    line.sendall(f"{goodbye}\r\n".encode() if verb == "QUIT" else b"250 fine\r\n")

    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        made.port = port
        yield made


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    if isinstance(server, socketserver.ThreadingMixIn):
        server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path, name: str = "127.0.0.1") -> Path:
    """A file with a key and a certificate that it signed itself, for this address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))
    return path
