"""Bytes by key in a folder: complete or not at all, and a sentence when the store does not answer."""
from pathlib import Path

import pytest

from casework.errors import NotFound, Unavailable
from casework.storage import blobs


def test_what_was_put_is_got_until_it_is_deleted(tmp_path: Path) -> None:
    blobs.configure(f"file://{tmp_path}/a%20folder")
    blobs.put("photos/2026/one", b"\x00bytes")
    assert blobs.get("photos/2026/one") == b"\x00bytes"
    assert (tmp_path / "a folder/photos/2026/one").exists()
    blobs.delete("photos/2026/one")
    blobs.delete("photos/2026/one")
    with pytest.raises(NotFound):
        blobs.get("photos/2026/one")


def test_putting_again_replaces(tmp_path: Path) -> None:
    blobs.configure(f"file://{tmp_path}")
    blobs.put("key", b"first")
    blobs.put("key", b"second")
    assert blobs.get("key") == b"second"


def test_a_store_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    blobs.configure(f"file://{tmp_path}/store")
    (tmp_path / "store/photos").write_text("a file where a folder should be")
    with pytest.raises(Unavailable):
        blobs.put("photos/one", b"bytes")


def test_an_object_store_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    blobs.configure("s3://bucket/prefix")
    with pytest.raises(Unavailable):
        blobs.put("one", b"bytes")
    with pytest.raises(Unavailable):
        blobs.get("one")
