"""From an XLSForm, as people write it in Excel or as Markdown, to what ODK Collect and our page are served."""
import hashlib
import re
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.validators import odk_validate
from pyxform.xls2xform import ConvertResult, convert

from casework.errors import Fault, Invalid, TooLarge
from casework.fieldwork.forms import questions, targets
from casework.fieldwork.forms.questions import Question

MAX_BYTES = 2_000_000
MAX_UNPACKED_BYTES = 20_000_000
MAX_QUESTIONS = 500
LONGEST_VERSION = 40
FORM_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,49}")
LIES = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, EOFError, RuntimeError, SyntaxError,
        zipfile.BadZipFile, zlib.error)
"""What pyxform and what it reads workbooks with raise on files that are not what they say: SyntaxError on faults of XML,
RuntimeError on what is nested too deep, packed in a way that nobody knows, or locked with a password."""
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 cannot hold, not even written in numbers."""
TAKEN = {"keys", "submissions"}
"""Addresses beside those of the forms."""


class Kind(StrEnum):
    """How the form was written."""

    XLSX = "xlsx"
    MD = "md"


@dataclass(frozen=True)
class Form:
    """A form that can be published: nothing of it is stored yet."""

    form_id: str
    version: str
    title: str
    register: str
    source: bytes
    kind: Kind
    xform: str
    questions: list[Question]
    remarks: list[str] = field(default_factory=list)

    @property
    def md5(self) -> str:
        """Of the XForm's bytes: what OpenRosa tells a form by."""
        return hashlib.md5(self.xform.encode(), usedforsecurity=False).hexdigest()


def read(content: bytes, kind: Kind, *, validate: bool = True) -> Form:
    """The form that this file describes; needs no database, so call it before the transaction opens.

    `validate`: let ODK's own engine look at it too, where Java is installed (a second or two). Raises TooLarge, and Invalid
    with the sheet and row of each fault.
    """
    _bound(content, kind)
    made = _converted(content, kind)
    if NO_XML.search(made.xform):
        raise _unread("the form has characters that cannot be shown, such as control characters")
    said: dict[str, Any] = made._pyxform or {}  # noqa: SLF001 - pyxform 4 shows what it understood nowhere else
    asked, remarks = questions.read(said.get("children", ()))
    form_id, version = str(said.get("id_string", "")), str(said.get("version") or "")
    register = str(said.get("register") or targets.of_form_id(form_id) or "")
    faults = [*_settings(form_id, version, register), *_beside(made), *targets.assign(register, asked)]
    if len(asked) > MAX_QUESTIONS:
        faults.append(Fault("survey", f"has more than {MAX_QUESTIONS} questions"))
    if faults:
        raise Invalid("this form cannot be published", *faults)
    if validate:
        _validate(made.xform)
    return Form(form_id, version, str(said.get("title") or form_id), register, content, kind, made.xform, asked, remarks)


def _bound(content: bytes, kind: Kind) -> None:
    if len(content) > MAX_BYTES:
        raise TooLarge(f"a form may have {MAX_BYTES // 1_000_000} MB")
    if kind is Kind.XLSX:
        try:
            unpacked = sum(part.file_size for part in zipfile.ZipFile(BytesIO(content)).infolist())
        except (zipfile.BadZipFile, ValueError, OSError):
            raise _unread("the file is not a workbook (XLSX)") from None
        if unpacked > MAX_UNPACKED_BYTES:
            raise TooLarge(f"the workbook unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")


def _converted(content: bytes, kind: Kind) -> ConvertResult:
    try:
        return convert(content, file_type=f".{kind}")
    except PyXFormError as error:
        raise _located(str(error)) from None
    except LIES as error:
        raise _unread("the file is not an XLSForm that can be read") from error


def _located(said: str) -> Invalid:
    """pyxform writes "[row : 5] On the 'choices' sheet, …"; rows of no named sheet are those of the survey."""
    row, sheet = re.search(r"\[row : (\d+)\]", said), re.search(r"'(survey|choices|settings|entities)' sheet", said)
    place = ".".join(part for part in (sheet[1] if sheet else "survey" if row else "form", row[1] if row else "") if part)
    return Invalid("this form cannot be published", Fault(place, re.sub(r"\s*\[row : \d+\]\s*", " ", said).strip()[:1000]))


def _unread(sentence: str) -> Invalid:
    return Invalid(sentence, Fault("form", sentence))


def _settings(form_id: str, version: str, register: str) -> list[Fault]:
    faults = []
    if not FORM_ID.fullmatch(form_id) or form_id in TAKEN:
        faults.append(Fault("settings.form_id", "must be up to 50 letters, digits, _ and -, beginning with a letter, and not "
                            f"{' or '.join(sorted(TAKEN))}"))
    if not 0 < len(version) <= LONGEST_VERSION or not version.isprintable() or "/" in version:
        faults.append(Fault("settings.version", f"must have 1 to {LONGEST_VERSION} characters, none of them /"))
    if register not in targets.KNOWN:
        faults.append(Fault("settings.register", f"must be one of {', '.join(targets.KNOWN)}"))
    return faults


def _beside(made: ConvertResult) -> list[Fault]:
    """We keep no files beside a form, and a form that asks for one would fail on the device."""
    files = sorted(set(re.findall(r"jr://[^\"'<\s]+", made.xform)))
    faults = [Fault("survey", f"needs a file beside the form, which is not kept: {name}") for name in files]
    return faults + ([Fault("external_choices", "put the choices on the choices sheet")] if made.itemsets else [])


def _validate(xform: str) -> None:
    """Let ODK's own form engine read it. Raises Invalid with what it says."""
    if shutil.which("java") is None or not odk_validate.install_exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xml"
        path.write_text(xform, encoding="utf-8")
        try:
            odk_validate.check_xform(str(path))
        except odk_validate.ODKValidateError as error:
            raise Invalid("ODK's own form engine refuses this form", Fault("form", str(error)[:2000])) from None
