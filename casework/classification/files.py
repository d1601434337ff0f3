"""Model files: written whole or not at all, signed, read without ever running what is in them; one of them is active."""
import hashlib
import hmac
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from casework import settings
from casework.classification.linear import BLOCKS, LAYOUT, Classifier, Terms
from casework.errors import Invalid, NotFound

MAGIC = b"zhiwang-model-1\n"
ACTIVE = "active"
_VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


def folder() -> Path:
    """Where model files lie unless a caller says otherwise."""
    return settings.current().home / "models"


def path(version: str, models: Path | None = None) -> Path:
    """The file of a version. Raises Invalid for what cannot be a version, such as a path."""
    if not _VERSION.fullmatch(version):
        raise Invalid(f"{version!r} is not a model version")
    return (models or folder()) / f"{version}.model"


def save(classifier: Classifier, models: Path | None = None) -> Path:
    """Write the model file and, for people, its figures beside it as JSON. It is not active yet."""
    target = path(classifier.version, models)
    facts = {"version": classifier.version, "labels": classifier.labels, "scale": classifier.scale,
             "threshold": classifier.threshold, "layout": LAYOUT, "figures": classifier.figures}
    arrays: dict[str, Any] = {"intercept": classifier.intercept, "offset": classifier.offset}
    for number, (terms, weights) in enumerate(zip(classifier.terms, classifier.weights, strict=True)):
        arrays |= {f"buckets_{number}": terms.buckets, f"worth_{number}": terms.worth, f"weights_{number}": weights}
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, facts=np.frombuffer(_json(facts), dtype=np.uint8), **arrays)
    content = packed.getvalue()
    _write(target, MAGIC + _signature(content) + content)
    _write(target.with_suffix(".json"), _json({"version": classifier.version, **classifier.figures}))
    return target


def load(version: str, models: Path | None = None) -> Classifier:
    """Read a model file. Raises NotFound without one and Invalid when it is not as this installation signed it.

    The signature is checked before anything is parsed, and arrays are read without pickle: a file that somebody slipped in
    is refused, and could not run code even if it were signed.
    """
    try:
        raw = path(version, models).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no model {version}") from None
    signature, content = raw[len(MAGIC):len(MAGIC) + 32], raw[len(MAGIC) + 32:]
    if not raw.startswith(MAGIC) or not hmac.compare_digest(signature, _signature(content)):
        raise Invalid(f"model {version} was not signed by this installation, or has changed since; train it again here")
    with np.load(io.BytesIO(content), allow_pickle=False) as packed:
        facts = json.loads(packed["facts"].tobytes())
        if facts["layout"] != LAYOUT:
            raise Invalid(f"model {version} reads texts in another way than this release; train it again")
        blocks = range(len(BLOCKS))
        return Classifier(
            version=facts["version"], labels=tuple(facts["labels"]), scale=facts["scale"], threshold=facts["threshold"],
            figures=facts["figures"], intercept=packed["intercept"], offset=packed["offset"],
            terms=tuple(Terms(packed[f"buckets_{one}"], packed[f"worth_{one}"]) for one in blocks),
            weights=tuple(packed[f"weights_{one}"] for one in blocks))


def versions(models: Path | None = None) -> list[str]:
    """Every version that has a file, the newest first."""
    found = (file.stem for file in (models or folder()).glob("*.model"))
    return sorted((one for one in found if _VERSION.fullmatch(one)), reverse=True)


def activate(version: str, models: Path | None = None) -> None:
    """From now on every process uses this version; those that run notice it by themselves.

    Raises NotFound or Invalid when the file could not be used.
    """
    load(version, models)
    _write((models or folder()) / ACTIVE, f"{version}\n".encode())


def active_version(models: Path | None = None) -> str | None:
    """The version in use; None when none was ever activated."""
    try:
        return ((models or folder()) / ACTIVE).read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


def _signature(content: bytes) -> bytes:
    return hmac.digest(settings.current().signing_key, b"classification model\0" + hashlib.sha256(content).digest(), "sha256")


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all: a reader sees the old file or the new one, also after a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
