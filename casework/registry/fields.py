"""What a field of a register is, and how a value is read from what people and machines send."""
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from casework.errors import Fault
from casework.identity.privacy import mask_name, mask_phone, normal_phone
from casework.registry import numbers


class Register(StrEnum):
    """The five registers."""

    PERSON = "person"
    HOUSE = "house"
    ENTITY = "entity"
    COMPONENT = "component"
    ADDRESS = "address"


class Kind(StrEnum):
    """What a field holds; READERS says how each is read."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    CREDIT_CODE = "credit_code"
    OBJECT_CODE = "object_code"


KIND_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.TEXT: ("文字", "text"), Kind.INTEGER: ("整数", "whole number"), Kind.DECIMAL: ("小数", "number"),
    Kind.DATE: ("日期", "date"), Kind.CHOICE: ("单选", "one of"), Kind.CHOICES: ("多选", "some of"),
    Kind.PHONE: ("电话", "phone"), Kind.ID_NUMBER: ("证件号码", "identity number"),
    Kind.CREDIT_CODE: ("统一社会信用代码", "unified social credit code"), Kind.OBJECT_CODE: ("部件标识码", "object code")}


class Choice(tuple[str, str, str]):
    """One answer that may be chosen: its code, and what people call it in Chinese and English."""

    __slots__ = ()

    def __new__(cls, code: str, chinese: str, english: str) -> "Choice":
        return super().__new__(cls, (code, chinese, english))

    @property
    def code(self) -> str:
        return self[0]

    @property
    def chinese(self) -> str:
        return self[1]

    @property
    def english(self) -> str:
        return self[2]


Number = TypeVar("Number", int, Decimal)

NONE = "none"
"""Of several choices: none of them. It stands alone."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `personal`: sealed, masked, each look logged. `unique`: a number that only one entry can have, if given.
    `found`: searched for exactly, by blind index. `low` and `high` bound numbers; `longest` bounds text."""

    name: str
    chinese: str
    english: str
    kind: Kind = Kind.TEXT
    required: bool = False
    personal: bool = False
    unique: bool = False
    found: bool = False
    choices: tuple[Choice, ...] = ()
    longest: int = 200
    low: float = 0
    high: float = 1_000_000
    unit: str = ""

    def read(self, value: Any) -> Any:
        """The value as it is kept (text, int, float, list of codes), None for nothing. Raises ValueError with the end of a
        sentence about the field."""
        if isinstance(value, str):
            value = clean(value)
        return None if value is None or value in ("", []) else READERS[self.kind](self, value)

    def masked(self, value: Any) -> str:
        """What those see who may not see a personal value: enough to know it again, too little to know it."""
        text = shown(value)
        if self.kind is Kind.PHONE:
            return mask_phone(text)
        if self.kind is Kind.ID_NUMBER:
            return f"{text[:4]}{'*' * 10}{text[-4:]}" if len(text) == 18 else f"{text[:1]}****{text[-2:]}"
        if self.found:
            return mask_name(text)
        return f"{text[:4]}-**-**" if self.kind is Kind.DATE else "•••"


@dataclass(frozen=True)
class Kept:
    """One register: its names, its fields, and how an entry is called in lists, in words that name no person."""

    register: Register
    chinese: str
    english: str
    fields: Mapping[str, Field]
    label: Callable[[Mapping[str, Any]], str]

    def read(self, values: Mapping[str, Any], *, whole: bool) -> tuple[dict[str, Any], list[Fault]]:
        """The values that can be kept, and a fault for each that cannot; `whole`: nothing required may be missing."""
        read: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, value in values.items():
            field = self.fields.get(name)
            if field is None:
                faults.append(Fault(name, f"is not a field of {self.chinese} {self.english}"))
                continue
            try:
                read[name] = field.read(value)
            except ValueError as error:
                faults.append(Fault(name, str(error)))
        faults += self._together(read)
        asked = [field.name for field in self.fields.values() if field.required]
        faults += [Fault(name, "must be given") for name in asked
                   if name not in {fault.field for fault in faults} and (whole or name in read) and read.get(name) is None]
        return read, faults

    def _together(self, read: dict[str, Any]) -> list[Fault]:
        """An identity number is judged by its kind; a statement that does not say the kind means an identity card if it
        looks like one."""
        number = read.get("id_number")
        if number is None or "id_number" not in self.fields:
            return []
        kind = read.get("id_type")
        if kind == "id_card" or (kind is None and re.fullmatch(r"[0-9]{17}[0-9X]", number)):
            try:
                read["id_number"] = numbers.id_card(number)
            except ValueError as error:
                return [Fault("id_number", str(error))]
        return []


def kept(register: Register, names: tuple[str, str], fields: Sequence[Field],
         label: Callable[[Mapping[str, Any]], str]) -> Kept:
    """A register of these fields, in this order."""
    return Kept(register, *names, {field.name: field for field in fields}, label)


NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than those that part lines and columns, and halves of surrogate pairs."""


def clean(text: str) -> str:
    """One line or several without blanks around. Raises ValueError for what is not text of people."""
    stripped = text.strip()
    if NOT_TEXT.search(stripped):
        raise ValueError("has control characters")
    return stripped


def shown(value: Any) -> str:
    """A value as text, as a person reads it."""
    if isinstance(value, list):
        return "、".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _text(field: Field, value: Any) -> str:
    text = _said(value)
    if len(text) > field.longest:
        raise ValueError(f"must have at most {field.longest} characters, and has {len(text)}")
    return text


def _said(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("must be text")  # noqa: TRY004 - a fault of the sender's, told like every other
    return str(value)


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(value)):
        raise ValueError("must be a whole number")
    return int(_bounded(field, int(str(value))))


def _decimal(field: Field, value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - as above
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("must be a number") from None
    if not number.is_finite():
        raise ValueError("must be a number")
    return float(round(_bounded(field, number), 2))


def _bounded(field: Field, number: Number) -> Number:
    if not field.low <= number <= field.high:
        raise ValueError(f"must be from {field.low:.0f} to {field.high:.0f}{field.unit and ' ' + field.unit}")
    return number


def _date(_field: Field, value: Any) -> str:
    """ISO, and as people write it: 2026-3-2, 2026/3/2, 2026.3.2, 2026年3月2日, 20260302."""
    if isinstance(value, date):
        value = value.isoformat()[:10]
    found = isinstance(value, str) and (
        re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ][0-9:.]+)?", value)
        or re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", value))
    if not found:
        raise ValueError("must be a date such as 2026-03-02")
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        raise ValueError("is a date that there is not") from None
    if not 1850 <= day.year <= 2200:
        raise ValueError("must lie between 1850 and 2200")
    return day.isoformat()


def _choice(field: Field, value: Any) -> str:
    for choice in field.choices:
        if value in choice:
            return choice.code
    raise ValueError(f"must be one of {', '.join(f'{one.code} {one.chinese}' for one in field.choices)}")


def _choices(field: Field, value: Any) -> list[str]:
    """A list, or text parted by commas or semicolons, or by blanks between codes (as ODK sends it)."""
    if isinstance(value, str):
        known = {name for choice in field.choices for name in choice}
        parts = [part.strip() for part in re.split(r"[,，;；、]", value)]
        value = [one for part in parts for one in ([part] if part in known else part.split())]
    if not isinstance(value, list):
        raise ValueError("must be a list")  # noqa: TRY004 - as above
    chosen = {_choice(field, one) for one in value}
    if NONE in chosen and len(chosen) > 1:
        raise ValueError("cannot be none of them and others at once")
    return [one.code for one in field.choices if one.code in chosen]


def _phone(_field: Field, value: Any) -> str:
    said = _said(value)
    digits = normal_phone(said)
    if not re.fullmatch(r"[0-9]{5,15}", digits) or re.search(r"[A-Za-z\u4e00-\u9fff]", said):
        raise ValueError("must be a phone number")
    return digits


def _id_number(_field: Field, value: Any) -> str:
    number = unicodedata.normalize("NFKC", _said(value)).replace(" ", "").upper()
    if not re.fullmatch(r"[0-9A-Z()\-]{5,30}", number):
        raise ValueError("must be the number of an identity document: digits and letters")
    return number


READERS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.TEXT: _text, Kind.INTEGER: _integer, Kind.DECIMAL: _decimal, Kind.DATE: _date, Kind.CHOICE: _choice,
    Kind.CHOICES: _choices, Kind.PHONE: _phone, Kind.ID_NUMBER: _id_number,
    Kind.CREDIT_CODE: lambda _, value: numbers.credit_code(unicodedata.normalize("NFKC", _said(value))),
    Kind.OBJECT_CODE: lambda _, value: numbers.object_code(unicodedata.normalize("NFKC", _said(value)))}
