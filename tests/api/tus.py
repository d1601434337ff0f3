"""tus as its clients speak it, for tests over the application itself; and photos as heavy as a test wants them."""
import base64
import hashlib
import io
import random
from dataclasses import dataclass
from typing import Any

from PIL import Image
from werkzeug.test import Client, TestResponse

from api.uploads import MethodOverride
from tests.api.town import Caller

UPLOADS = "/api/v1/uploads"
BYTES = "application/offset+octet-stream"


@dataclass(frozen=True)
class Tus:
    """Somebody who uploads."""

    who: Caller

    def ask(self, method: str, path: str = UPLOADS, content: bytes = b"", **headers: Any) -> TestResponse:
        """One request; a header is named with low lines, and None leaves it out."""
        said = {"Tus-Resumable": "1.0.0", "Content-Type": BYTES if content or method == "PATCH" else None} | {
            name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: str(value) for name, value in said.items() if value is not None}
        client = Client(MethodOverride(self.who.app.wsgi_app), self.who.app.response_class)
        return client.open(path, method=method, data=content, headers=self.who.headers | sent)

    def begin(self, length: int | None, **headers: Any) -> str:
        """The address of a new upload."""
        answer = self.ask("POST", Upload_Length=length, Upload_Defer_Length=1 if length is None else None, **headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    def send(self, path: str, offset: int, content: bytes, **headers: Any) -> TestResponse:
        return self.ask("PATCH", path, content, Upload_Offset=offset, **headers)

    def torn(self, path: str, offset: int, content: bytes, came: int, **headers: Any) -> TestResponse:
        """A request whose connection breaks after so many bytes, as granian hands it over."""
        environ = {"wsgi.input": io.BytesIO(content[:came]), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(content))}
        said = {"Tus-Resumable": "1.0.0", "Content-Type": BYTES, "Upload-Offset": str(offset)} | {
            name.replace("_", "-"): value for name, value in headers.items()}
        return self.who.app.test_client().open(path, method="PATCH", headers=self.who.headers | said, environ_overrides=environ)

    def offset(self, path: str) -> int:
        """How far the server is."""
        answer = self.ask("HEAD", path)
        assert answer.status_code == 200, answer.status
        return int(answer.headers["Upload-Offset"])

    def whole(self, content: bytes, **metadata: str) -> TestResponse:
        """A file in one request."""
        return self.ask("POST", content=content, Upload_Length=len(content), Upload_Metadata=described(**metadata))


def described(**metadata: str) -> str | None:
    """Upload-Metadata."""
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in metadata.items()) or None


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    """Upload-Checksum."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def heavy_photo(seed: int, kilobytes: int = 3000) -> bytes:
    """A photo of so many kilobytes and a little: noise does not shrink."""
    side = int((kilobytes * 1000 / 3) ** 0.5) + 1
    kept = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3)).save(kept, "PNG", compress_level=0)
    return kept.getvalue()
