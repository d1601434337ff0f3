"""What an app posts, as it posts it: a form, in one of both encodings, with files under whatever name.

Read strictly where a slip would be kept for ever (text that is not UTF-8), and leniently where clients have habits.
"""
import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import g, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from api.open311.writing import NO_XML
from casework.errors import Fault, Invalid, TooLarge

MOST_BYTES = 256 * 1024
"""Of a form without files."""
MOST_RAW = 1024 * 1024
"""Of a form with files, to be looked at byte by byte; in a larger one, U+FFFD is taken for what was no text."""
MOST_FIELDS = 200
MOST_FILES = 9
ATTRIBUTE = re.compile(r"attribute\[([\w-]{1,64})\](?:\[\d*\])?")


@dataclass(frozen=True)
class Form:
    """The fields that say something, each with all that was said under its name, in the order sent; and the files."""

    fields: dict[str, list[str]]
    files: list[FileStorage]

    def first(self) -> dict[str, str]:
        """Of each field what was said first, for a schema."""
        return {name: said[0] for name, said in self.fields.items()}

    def attributes(self) -> dict[str, list[str]]:
        """Answers to the questions of a service, by the question's code."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, said in self.fields.items():
            if matched := ATTRIBUTE.fullmatch(name):
                found[matched[1]] += said
        return dict(found)


def form() -> Form:
    """The form of this request, read once. Raises BadRequest, Invalid or TooLarge."""
    if "open311_form" not in g:
        g.open311_form = _read()
    found: Form = g.open311_form
    return found


def _read() -> Form:
    multipart = request.mimetype == "multipart/form-data"
    said = _multipart() if multipart else _urlencoded()
    fields: dict[str, list[str]] = defaultdict(list)
    for name, text in said:
        if text:  # an empty field is one that was not sent
            fields[name].append(text)
    faults = [Fault(NO_XML.sub("", name)[:100], "must not contain control characters, which XML cannot carry")
              for name, texts in fields.items() if any(NO_XML.search(one) for one in (name, *texts))]
    if faults:
        raise Invalid("some fields cannot be taken", *faults)
    files = [one for _, one in request.files.items(multi=True) if one.filename] if multipart else []
    if len(files) > MOST_FILES:
        raise TooLarge(f"at most {MOST_FILES} files may come with a report, and {len(files)} came")
    return Form(dict(fields), files)


def _multipart() -> list[tuple[str, str]]:
    request.max_form_parts = MOST_FIELDS
    raw = request.get_data() if (request.content_length or MOST_RAW) < MOST_RAW else b""
    said = list(request.form.items(multi=True))
    if not said and not request.files:  # werkzeug's parser is silent about what it cannot parse
        raise BadRequest("The form was cut off, or is not multipart/form-data.")
    # Werkzeug puts U+FFFD where bytes were not UTF-8: no more of them may be there than were sent.
    if sum(text.count("\ufffd") for one in said for text in one) > raw.count("\ufffd".encode()):
        raise BadRequest("The form is not text in UTF-8.")
    return said


def _urlencoded() -> list[tuple[str, str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadRequest("Send application/x-www-form-urlencoded or multipart/form-data.")
    request.max_content_length = MOST_BYTES
    try:
        return parse_qsl(request.get_data().decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest("The form is not text in UTF-8.") from None
    except ValueError:
        raise BadRequest(f"The form has more than {MOST_FIELDS} fields.") from None
