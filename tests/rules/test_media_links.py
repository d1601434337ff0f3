"""A link opens one rendition of one photo until its time is over, and nothing else."""
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from casework.errors import NotFound, Refused
from casework.media import links
from casework.media.links import Rendition
from casework.settings import Settings
from tests.conftest import SetClock

PHOTO = uuid.UUID("01990000-0000-7000-8000-000000000001")


def parts(link: str) -> tuple[int, str]:
    query = parse_qs(urlsplit(link).query)
    return int(query["expires"][0]), query["signature"][0]


@pytest.mark.usefixtures("config")
def test_a_link_opens_until_it_expires(time: SetClock, config: Settings) -> None:
    link = links.sign(PHOTO, Rendition.SMALL)
    assert urlsplit(link).path == f"/api/v1/media/{PHOTO}/320"
    links.verify(PHOTO, Rendition.SMALL, *parts(link))
    time.passes(minutes=config.link_minutes, seconds=-1)
    links.verify(PHOTO, Rendition.SMALL, *parts(link))
    time.passes(seconds=1)
    with pytest.raises(Refused):
        links.verify(PHOTO, Rendition.SMALL, *parts(link))


@pytest.mark.usefixtures("config", "time")
def test_a_link_cannot_be_bent_to_another_photo_size_or_time() -> None:
    expires, signed = parts(links.sign(PHOTO, Rendition.SMALL, minutes=5))
    for photo_id, rendition, at, seal in [
            (uuid.UUID(int=1), Rendition.SMALL, expires, signed), (PHOTO, Rendition.ORIGINAL, expires, signed),
            (PHOTO, Rendition.SMALL, expires + 60, signed), (PHOTO, Rendition.SMALL, expires, ""),
            (PHOTO, Rendition.SMALL, expires, signed[:-1]), (PHOTO, Rendition.SMALL, expires, "签" * 43)]:
        with pytest.raises(NotFound):
            links.verify(photo_id, rendition, at, seal)


@pytest.mark.usefixtures("config")
def test_a_signature_for_one_use_is_none_for_another() -> None:
    assert links.signature("photo upload", str(PHOTO)) != links.signature("photo link", str(PHOTO))
    assert links.signature("a", "b\0c") != links.signature("a\0b", "d")
