"""The expressions of XLSForms (relevant, constraint, required) as small trees that the page and the server read alike.

A tree is plain JSON: a text or a number stands for itself, everything else is a list that begins with what it is:
["."] is the answer being judged, ["$", name] the answer to another question; ["or" | "and" | "=" | "!=" | "<" | "<=" | ">" |
">=" | "+" | "-" | "*" | "div" | "mod", left, right]; ["not" | "negative" | "count-selected" | "string-length", one];
["selected", answer, choice]; ["regex", text, pattern]; ["today"], ["true"], ["false"].

What lies outside is left to ODK Collect, which knows all of XPath. judging.py says what a tree is worth.
"""
import re
from decimal import Decimal
from typing import Any

Tree = Any
"""JSON: str | int | float | list[Tree]; mypy has no short word for a type that holds itself."""

LONGEST = 2000
"""Characters."""
DEEPEST = 40
"""Parentheses and functions inside each other."""
MOST_JOINED = 100
"""Operators in one expression: a long chain of them is a deep tree."""

BINDS: tuple[tuple[str, ...], ...] = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
"""What joins two trees, the loosest first; each is read from the left."""

FUNCTIONS = {"not": 1, "selected": 2, "count-selected": 1, "string-length": 1, "regex": 2, "today": 0, "true": 0, "false": 0}
"""Name → how many arguments."""

TOKEN = re.compile(r"""\s*(?:
    (?P<answer>\$\{\s*[A-Za-z_][\w.-]*\s*\})
  | (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<text>'[^']*'|"[^"]*")
  | (?P<name>[A-Za-z_][\w-]*)
  | (?P<sign><=|>=|!=|[=<>+\-*(),]|\.(?!\.))
)""", re.VERBOSE | re.ASCII)


class BeyondError(ValueError):
    """Not an expression of this small language; it may be one of XPath all the same."""


def parse(text: str) -> Tree:
    """The tree of an expression. Raises BeyondError with what it could not read."""
    if len(text) > LONGEST:
        raise BeyondError(f"has more than {LONGEST} characters")
    reader = _Reader(text)
    tree = reader.joined(0)
    if reader.ahead:
        raise BeyondError(f"goes on with {reader.ahead[1]}")
    return tree


class _Reader:
    """Recursive descent over the tokens, one ahead."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth, self._joined = text, 0, 0, 0
        self.ahead = self._next()

    def _next(self) -> tuple[str, str] | None:
        rest = self._text[self._at:]
        if not rest.strip():
            return None
        found = TOKEN.match(rest)
        if found is None:
            raise BeyondError(f"has {rest.strip()[:20]}")
        self._at += found.end()
        kind = found.lastgroup or ""
        return kind, found[kind]

    def take(self) -> tuple[str, str]:
        if self.ahead is None:
            raise BeyondError("ends too early")
        taken, self.ahead = self.ahead, self._next()
        return taken

    def expect(self, sign: str) -> None:
        if self.take() != ("sign", sign):
            raise BeyondError(f"lacks {sign}")

    def joined(self, level: int) -> Tree:
        if level == len(BINDS):
            return self.single()
        tree = self.joined(level + 1)
        while self.ahead and self.ahead[0] in {"sign", "name"} and self.ahead[1] in BINDS[level]:
            operator = self.take()[1]
            self._joined += 1
            if self._joined > MOST_JOINED:
                raise BeyondError(f"joins more than {MOST_JOINED} parts")
            tree = [operator, tree, self.joined(level + 1)]
        return tree

    def single(self) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BeyondError(f"is nested deeper than {DEEPEST} levels")
        kind, said = self.take()
        tree = (["negative", self.single()] if (kind, said) == ("sign", "-") else
                self._leaf(kind, said) if kind != "name" else self._call(said))
        self._depth -= 1
        return tree

    def _leaf(self, kind: str, said: str) -> Tree:
        if kind == "answer":
            return ["$", said[2:-1].strip()]
        if kind == "number":
            return _number(said)
        if kind == "text":
            return said[1:-1]
        if said == ".":
            return ["."]
        if said == "(":
            tree = self.joined(0)
            self.expect(")")
            return tree
        raise BeyondError(f"has {said} where a value is wanted")

    def _call(self, name: str) -> Tree:
        if name not in FUNCTIONS:
            raise BeyondError(f"uses {name}")
        self.expect("(")
        arguments: list[Tree] = []
        while len(arguments) < FUNCTIONS[name]:
            if arguments:
                self.expect(",")
            arguments.append(self.joined(0))
        self.expect(")")
        if name == "regex":
            compiled(arguments[1])
        return [name, *arguments]


def _number(said: str) -> int | float:
    if len(said) > 15:
        raise BeyondError("has a number that no computer holds exactly")
    return int(said) if said.isdecimal() else float(said)


def compiled(pattern: Tree) -> re.Pattern[str]:
    """A pattern is written out, so that publishing finds what is none; Java, JavaScript and Python read it alike."""
    if not isinstance(pattern, str):
        raise BeyondError("makes up its pattern")
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise BeyondError(f"has a pattern that only Java may know: {error}") from None


def written(tree: Tree) -> str:
    """The tree as XLSForms write it; parse() of this is the tree again."""
    return _written(tree, 0)


def _written(tree: Tree, level: int) -> str:
    if not isinstance(tree, list):
        return _plain(tree)
    what, *inner = tree
    if what in {".", "$"}:
        return "." if what == "." else f"${{{inner[0]}}}"
    if what in FUNCTIONS:
        return f"{what}({', '.join(_written(one, 0) for one in inner)})"
    if what == "negative":
        return f"- {_written(inner[0], len(BINDS))}"
    own = next(place for place, operators in enumerate(BINDS) if what in operators)
    text = f"{_written(inner[0], own)} {what} {_written(inner[1], own + 1)}"
    return f"({text})" if own < level else text


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return f'"{value}"' if "'" in value else f"'{value}'"
    return f"{Decimal(repr(value)):f}"  # XPath knows no 1e-05


def names(tree: Tree) -> set[str]:
    """The questions whose answers it asks for."""
    if not isinstance(tree, list):
        return set()
    if tree[0] == "$":
        return {tree[1]}
    return set().union(*(names(one) for one in tree[1:]))
