"""PDAs that have worked offline and now send, over whatever network there is: operations first, then file by file, each from
where it broke off, until the server says that nothing is missing."""
import base64
import hashlib
import random
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.factories import a_photo, at_grid

BATCH = 10
"""Operations in one request."""

TEXTS = ("井盖不见了", "路灯不亮", "垃圾没人清", "路面塌了一块")
PHOTO_BYTES = (30_000, 60_000)
BYTES = {"Content-Type": "application/offset+octet-stream"}


class FieldDevice(threading.Thread):
    """One device with so many reports of `photos` photos each. `acknowledged` are the numbers by the reports' keys."""

    def __init__(self, url: str, name: str, seed: int, headers: dict[str, str], *, reports: int,
                 photos: int) -> None:
        super().__init__(name=name, daemon=True)
        self.random = random.Random(f"{name} {seed}")
        self.web = httpx.Client(base_url=url, timeout=20, trust_env=False, headers=headers)
        self.files: dict[str, bytes] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        self.named: dict[str, list[str]] = {}
        for _ in range(reports):
            self._report(photos)
        self.acknowledged: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.lost, self.faults = 0, list[str]()

    def _report(self, photos: int) -> None:
        contents = [self._photo() for _ in range(photos)]
        shas = [hashlib.sha256(one).hexdigest() for one in contents]
        self.files.update(zip(shas, contents, strict=True))
        key = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        point = at_grid(self.random.randrange(4), self.random.randrange(-400, 400), self.random.randrange(-400, 400))
        self.named[key] = shas
        self.waiting[key] = {"id": key, "kind": "report", "at": datetime.now(UTC).isoformat(), "base": None, "data": {
            "text": self.random.choice(TEXTS), "place": {"lon": point.lon, "lat": point.lat}, "handled": False, "urgent": False,
            "files": [{"sha256": sha, "size": len(self.files[sha]), "type": "image/jpeg"} for sha in shas]}}

    def _photo(self) -> bytes:
        """A small picture with noise behind its end, as some cameras leave it."""
        return a_photo("grey") + self.random.randbytes(self.random.randint(*PHOTO_BYTES))

    def run(self) -> None:
        with self.web:
            while len(self.acknowledged) < len(self.waiting) and not self.faults:
                self._sync()
            for key in self.waiting:
                while not self.faults and not self._completed(key):
                    pass

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """The answer; None when there was none, or a passing trouble. What else is no success is a fault of somebody's."""
        try:
            answer = self.web.request(method, path, **more)
        except httpx.TransportError:
            self.lost += 1
            return None
        if answer.status_code in {409, 503}:
            time.sleep(0.05)
            return None
        if answer.status_code >= 400:
            self.faults.append(f"{method} {path} {answer.status_code} {answer.text}")
            return None
        return answer

    def _sync(self) -> None:
        """One request: reports that nobody has acknowledged, and some that were, because that is soon forgotten."""
        unsure = [one for key, one in self.waiting.items() if key not in self.acknowledged or self.random.random() < 0.02]
        answer = self._ask("POST", "/api/v1/pda/sync", json={
            "sent_at": datetime.now(UTC).isoformat(), "operations": unsure[:BATCH]})
        for one in answer.json()["results"] if answer else ():
            number = (one["result"] or {}).get("number")
            if one["outcome"] not in {"done", "already_done"} or self.acknowledged.setdefault(one["id"], number) != number:
                self.faults.append(str(one))

    def _completed(self, key: str) -> bool:
        """See what is missing of a report and send it; whether nothing was."""
        answer = self._ask("GET", f"/api/v1/pda/reports/{key}/receipt")
        if answer is None:
            return False
        for one in answer.json()["files"]:
            if one["state"] in {"missing", "arriving"}:
                self._send(one["sha256"], one["upload"] or self.addresses.get(one["sha256"]))
        return bool(answer.json()["complete"])

    def _send(self, sha256: str, address: str | None) -> None:
        """One attempt, from where the server is. What is new comes at once, or after its address is known: clients do both."""
        said, content = {"Tus-Resumable": "1.0.0"}, self.files[sha256]
        if address is None:
            along = content if self.random.random() < 0.5 else b""
            metadata = f"sha256 {base64.b64encode(sha256.encode()).decode()}"
            begun = self._ask("POST", "/api/v1/uploads", content=along, headers=said | (BYTES if along else {}) | {
                "Upload-Length": str(len(content)), "Upload-Metadata": metadata})
        else:
            begun = self._ask("HEAD", address, headers=said)
        if begun is None:
            return
        path = self.addresses[sha256] = address or begun.headers["Location"]
        offset = int(begun.headers["Upload-Offset"])
        if offset < len(content):
            self._ask("PATCH", path, content=content[offset:], headers=said | BYTES | {"Upload-Offset": str(offset)})
