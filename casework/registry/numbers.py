"""Numbers that prove themselves: resident identity, unified social credit code, city object code. Pure arithmetic."""
import re
from datetime import date

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Of GB 32100: no I, O, S, V, Z."""


def id_card(text: str) -> str:
    """A resident identity number (GB 11643-1999), capital X. Raises ValueError with the end of a sentence."""
    number = text.replace(" ", "").upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        raise ValueError("must have 17 digits and a digit or X")
    try:
        born = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        raise ValueError("holds a birth date that is none") from None
    if not 1850 <= born.year <= 2200:
        raise ValueError("holds a birth date that cannot be")
    if number[17] != ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(number, ID_WEIGHTS, strict=False)) % 11]:
        raise ValueError("does not fit its last character; read it again")
    return number


def credit_code(text: str) -> str:
    """A unified social credit code (GB 32100-2015), in capitals. Raises ValueError with the end of a sentence."""
    code = text.replace(" ", "").upper()
    if not re.fullmatch(f"[{CREDIT_LETTERS}]{{2}}[0-9]{{6}}[{CREDIT_LETTERS}]{{10}}", code):
        raise ValueError("must have 18 digits and capital letters, none of them I, O, S, V, Z, the third to eighth digits")
    total = sum(CREDIT_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    if code[17] != CREDIT_LETTERS[-total % 31]:
        raise ValueError("does not fit its last character; read it again")
    return code


def object_code(text: str) -> str:
    """A component's code (GB/T 30428.2): 6 digits division, 2 major and 2 minor class, 6 serial. Raises ValueError."""
    code = text.replace(" ", "")
    if not re.fullmatch(r"[1-9][0-9]{15}", code):
        raise ValueError("must have 16 digits: division 6, major class 2, minor class 2, serial number 6")
    return code
