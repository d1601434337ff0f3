"""The OpenAPI document as a page shows it: operations by group, shapes as flat lists of fields."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

Document = dict[str, Any]
DEEPEST_SHAPE = 5


@dataclass(frozen=True)
class Member:
    """One field of a shape, `depth` levels inside it."""

    depth: int
    name: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True)
class Content:
    """A body in one content type."""

    media_type: str
    members: list[Member]
    example: str


@dataclass(frozen=True)
class Parameter:
    """Something in the path, the query or a header."""

    name: str
    place: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True)
class Answer:
    """What may come back."""

    status: str
    problem: str
    """The kind of problem, empty for a success."""
    says: str
    contents: list[Content]


@dataclass(frozen=True)
class Entry:
    """An operation as it is read by people."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    permission: str
    credentials: list[str]
    parameters: list[Parameter]
    bodies: list[Content]
    answers: list[Answer]


@dataclass(frozen=True)
class Group:
    """The operations of one kind of caller."""

    name: str
    description: str
    entries: list[Entry] = field(default_factory=list)


def groups(document: Document) -> list[Group]:
    """Everything in the document, in the order it was registered."""
    made = {tag["name"]: Group(tag["name"], tag.get("description", "")) for tag in document.get("tags", [])}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                made[operation["tags"][0]].entries.append(
                    _entry(document, method, path, operation, item.get("parameters", [])))
    return [group for group in made.values() if group.entries]


def _entry(document: Document, method: str, path: str, operation: Document, shared: list[Document]) -> Entry:
    parameters = [_resolved(document, one) for one in [*shared, *operation.get("parameters", [])]]
    return Entry(
        id=operation["operationId"], method=method.upper(), path=path, summary=operation.get("summary", ""),
        description=operation.get("description", ""), permission=operation.get("x-permission", ""),
        credentials=[" + ".join(way) for way in operation.get("security", []) if way],
        parameters=[Parameter(one["name"], one["in"], _kind(document, one.get("schema", {})),
                              one.get("required", False), _says(one | one.get("schema", {}))) for one in parameters],
        bodies=_contents(document, operation.get("requestBody", {}).get("content", {})),
        answers=[Answer(status, one.get("$ref", "").rpartition("/")[2], resolved.get("description", ""),
                        _contents(document, resolved.get("content", {})))
                 for status, one in operation["responses"].items() for resolved in [_resolved(document, one)]])


def _contents(document: Document, content: Document) -> list[Content]:
    made: list[Content] = []
    for media_type, said in content.items():
        members = list(_members(document, said.get("schema", {})))
        told = made[0] if made else None  # a second content type only tells what it adds
        made.append(Content(media_type, [one for one in members if told is None or one not in told.members],
                            "" if told else _example(said.get("example"))))
    return made


def _example(value: Any) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _resolved(document: Document, node: Document) -> Document:
    """What a $ref points to inside the document."""
    while "$ref" in node:
        here: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            here = here[step]
        node = here
    return node


def _members(document: Document, schema: Document, depth: int = 0) -> Iterator[Member]:
    schema = _resolved(document, schema)
    for part in schema.get("allOf", []):
        yield from _members(document, part, depth)
    if depth > DEEPEST_SHAPE:
        return  # a shape that contains itself
    if "items" in schema and depth == 0:
        yield from _members(document, schema["items"], depth)
    for name, inner in schema.get("properties", {}).items():
        resolved = _resolved(document, inner)
        yield Member(depth, name, _kind(document, inner), name in schema.get("required", []), _says(resolved | inner))
        yield from _members(document, resolved.get("items", resolved), depth + 1)


def _kind(document: Document, schema: Document) -> str:
    schema = _resolved(document, schema)
    kind = schema.get("type", "object" if "properties" in schema else "any")
    words = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if "items" in schema:
        return f"{words} of {_kind(document, schema['items'])}"
    return f"{words} ({schema['format']})" if "format" in schema else words


def _says(schema: Document) -> str:
    bounds = {"enum": "{}", "pattern": "{}", "minimum": "≥ {}", "maximum": "≤ {}", "minLength": "≥ {} 字符",
              "maxLength": "≤ {} 字符", "maxItems": "≤ {} 项", "default": "= {}"}
    parts = [schema.get("description", "")]
    for name, words in bounds.items():
        if (value := schema.get(name)) is not None:
            shown = " | ".join(map(str, value)) if isinstance(value, list) else value
            parts.append(words.format(shown))
    return " · ".join(part for part in parts if part)
