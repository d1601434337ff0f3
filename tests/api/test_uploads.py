"""tus 1.0.0 as its specification says, check by check and in its order; what is complete is a photo of whoever sent it."""
import uuid
from pathlib import Path

import obstore
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from casework import settings
from casework.media import Photo
from casework.media.uploads import creating, forgetting, receiving
from casework.media.uploads.upload import Piece, Upload
from casework.settings import Settings
from casework.storage import blobs
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Town, problem, stored
from tests.api.tus import BYTES, UPLOADS, Tus, checksum, described, heavy_photo, sha256
from tests.conftest import SetClock
from tests.factories import a_photo

PHOTO = a_photo("red")
HEAVY = heavy_photo(1, 3000)


@pytest.fixture
def li(town: Town) -> Tus:
    return Tus(town.li)


def status(answer: TestResponse) -> int:
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    return answer.status_code


def pieces() -> list[str]:
    """What lies in the file store and is no photo yet."""
    return sorted(blobs.keys_under("uploads"))


def files() -> list[bytes]:
    """The content of all photos."""
    with reading() as db:
        return [blobs.get(key) for key in db.scalars(select(Photo.original_key).order_by(Photo.id))]


def limited(**megabytes: int) -> None:
    for name, value in megabytes.items():
        object.__setattr__(settings.current(), name, value)


def test_options_says_what_there_is_to_whoever_asks(town: Town) -> None:
    answer = town.app.test_client().options(UPLOADS)
    assert (answer.status_code, answer.headers["Tus-Version"]) == (200, "1.0.0")
    assert answer.headers["Tus-Max-Size"] == "100000000"
    assert answer.headers["Tus-Checksum-Algorithm"].split(",")[0] == "sha1"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination", "concatenation"}


def test_a_file_comes_in_pieces_and_is_a_photo_of_the_sender(town: Town, li: Tus) -> None:
    path = li.begin(len(PHOTO), Upload_Metadata=described(filename="井盖.jpg", sha256=sha256(PHOTO)))
    assert path.startswith(f"{UPLOADS}/")
    first = li.send(path, 0, PHOTO[:100])
    assert (status(first), first.headers["Upload-Offset"], first.data) == (204, "100", b"")
    head = li.ask("HEAD", path)
    assert (status(head), head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (200, "100", str(len(PHOTO)))
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Upload-Metadata"] == described(filename="井盖.jpg", sha256=sha256(PHOTO))
    last = li.send(path, 100, PHOTO[100:])
    assert (status(last), last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    assert files() == [PHOTO]
    with reading() as db:
        photo = db.scalars(select(Photo)).one()
    assert (photo.uploaded_by, photo.report_id, photo.case_id) == (town.cast.li.id, None, None)
    assert last.headers["Upload-Photo"] == li.ask("HEAD", path).headers["Upload-Photo"] == str(photo.id)
    assert pieces() == []


def test_a_small_file_comes_with_its_creation(li: Tus) -> None:
    answer = li.whole(PHOTO)
    assert (status(answer), answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert files() == [PHOTO]
    part = li.ask("POST", content=HEAVY[:50], Upload_Length=len(HEAVY))
    assert (status(part), part.headers["Upload-Offset"]) == (201, "50")
    assert li.offset(part.headers["Location"]) == 50


def test_another_version_is_not_worked_on(li: Tus) -> None:
    path = li.begin(len(PHOTO))
    for version in (None, "0.2.2", "1.0.1"):
        for method, where in (("POST", UPLOADS), ("HEAD", path), ("PATCH", path), ("DELETE", path), ("HEAD", f"{path}x")):
            answer = li.ask(method, where, Tus_Resumable=version, Upload_Length=1, Upload_Offset=0)
            assert (status(answer), answer.headers["Tus-Version"]) == (412, "1.0.0"), (version, method)
    assert (li.offset(path), stored(Upload)) == (0, 1)


def test_checks_come_in_the_order_of_the_specification(town: Town, li: Tus) -> None:
    """Each request is wrong in everything that is checked later, too."""
    unknown = f"{UPLOADS}/{uuid.uuid4()}"
    path, done = li.begin(len(PHOTO)), li.begin(3, Upload_Concat="partial")
    li.send(done, 0, b"abc")
    final = li.ask("POST", Upload_Concat=f"final;{done}").headers["Location"]
    assert status(li.ask("PATCH", unknown, b"x", Tus_Resumable="2", Content_Type="text/plain")) == 412
    assert status(li.ask("PATCH", unknown, b"x", Content_Type="text/plain")) == 404
    assert status(li.ask("PATCH", f"{UPLOADS}/none", b"x", Content_Type="text/plain")) == 404
    assert status(li.ask("PATCH", final, b"x", Content_Type="text/plain")) == 403
    assert status(li.ask("PATCH", path, b"x", Content_Type="text/plain")) == 415
    assert status(li.ask("PATCH", path, b"x")) == 400
    assert status(li.ask("PATCH", path, b"x", Upload_Offset="-1")) == 400
    elsewhere = li.send(path, 7, PHOTO * 2, Upload_Checksum="crc 1")
    assert (status(elsewhere), elsewhere.headers["Upload-Offset"]) == (409, "0")
    assert status(li.send(path, 0, PHOTO * 2, Upload_Checksum="crc 1")) == 400
    assert status(li.send(path, 0, PHOTO + b"x")) == 413
    assert status(li.send(path, 0, PHOTO, Upload_Checksum=checksum(b"other"))) == 460
    assert li.offset(path) == 0


WRONG_CREATIONS = {
    "no length": ({}, 400), "two lengths": ({"Upload_Length": 3, "Upload_Defer_Length": 1}, 400),
    "below nothing": ({"Upload_Length": -3}, 400), "in words": ({"Upload_Length": "three"}, 400),
    "deferred twice": ({"Upload_Defer_Length": 2}, 400), "too long": ({"Upload_Length": 100_000_001}, 413),
    "a key twice": ({"Upload_Length": 3, "Upload_Metadata": "a YQ==,a Yg=="}, 400),
    "an empty key": ({"Upload_Length": 3, "Upload_Metadata": "a YQ==,"}, 400),
    "no base64": ({"Upload_Length": 3, "Upload_Metadata": "filename 井"}, 400),
    "half a byte": ({"Upload_Length": 3, "Upload_Metadata": "filename YQ"}, 400),
    "no hash": ({"Upload_Length": 3, "Upload_Metadata": described(sha256="12")}, 400),
    "an empty hash": ({"Upload_Length": 3, "Upload_Metadata": "sha256"}, 400),
    "long metadata": ({"Upload_Length": 3, "Upload_Metadata": f"a {'YWFh' * 2000}"}, 400),
    "another concatenation": ({"Upload_Length": 3, "Upload_Concat": "middle"}, 400),
    "nothing joined": ({"Upload_Concat": "final;"}, 400),
    "a final with a length": ({"Upload_Length": 3, "Upload_Concat": f"final;{UPLOADS}/{uuid.uuid4()}"}, 400),
    "parts elsewhere": ({"Upload_Concat": "final;http://127.0.0.1/secret"}, 400),
    "parts unknown": ({"Upload_Concat": f"final;{UPLOADS}/{uuid.uuid4()}"}, 400)}


def test_what_cannot_begin_is_refused_and_leaves_nothing(li: Tus) -> None:
    for what, (headers, expected) in WRONG_CREATIONS.items():
        sent = {name: str(value).encode().decode("latin-1") for name, value in headers.items()}
        assert status(li.ask("POST", **sent)) == expected, what
    assert status(li.ask("POST", content=b"{}", Content_Type="application/json", Upload_Length=2)) == 415
    assert status(li.ask("POST", content=PHOTO, Upload_Length=10)) == 413
    assert status(li.ask("POST", content=PHOTO, Upload_Length=len(PHOTO), Upload_Checksum=checksum(b""))) == 460
    assert (stored(Upload), stored(Photo), pieces()) == (0, 0, [])


def test_metadata_may_have_keys_without_a_value(li: Tus) -> None:
    path = li.begin(3, Upload_Metadata="is_confidential,filename YS5qcGc=")
    assert li.ask("HEAD", path).headers["Upload-Metadata"] == "is_confidential,filename YS5qcGc="


def test_the_length_may_be_said_later_once(li: Tus) -> None:
    path = li.begin(None)
    head = li.ask("HEAD", path)
    assert (head.headers["Upload-Defer-Length"], "Upload-Length" in head.headers) == ("1", False)
    li.send(path, 0, PHOTO[:10])
    assert status(li.send(path, 10, b"", Upload_Length=9)) == 422
    assert status(li.send(path, 10, PHOTO[10:20], Upload_Length=len(PHOTO))) == 204
    assert status(li.send(path, 20, b"", Upload_Length=len(PHOTO) + 1)) == 422
    head = li.ask("HEAD", path)
    assert (head.headers["Upload-Length"], "Upload-Defer-Length" in head.headers) == (str(len(PHOTO)), False)
    li.send(path, 20, PHOTO[20:])
    assert files() == [PHOTO]
    late = li.begin(None)
    li.send(late, 0, PHOTO)
    assert stored(Photo) == 1
    assert status(li.send(late, len(PHOTO), b"", Upload_Length=len(PHOTO))) == 204
    assert files() == [PHOTO, PHOTO]


def test_what_is_said_to_have_no_end_ends_at_the_most(li: Tus) -> None:
    limited(upload_megabytes=1)
    path = li.begin(None)
    assert status(li.send(path, 0, bytes(1_000_001))) == 413
    assert li.offset(path) == 0


def test_nothing_is_more_than_the_length_however_it_is_sent(li: Tus) -> None:
    path = li.begin(len(HEAVY))
    assert status(li.torn(path, 0, HEAVY + b"x", len(HEAVY) + 1)) == 413
    offset = li.offset(path)
    assert offset < len(HEAVY)
    assert status(li.send(path, offset, HEAVY[offset:])) == 204
    assert status(li.send(path, len(HEAVY), b"x")) == 413
    assert status(li.send(path, len(HEAVY), b"")) == 204
    assert files() == [HEAVY]


def test_an_upload_of_nothing_is_complete_at_once_and_no_photo(li: Tus) -> None:
    head = li.ask("HEAD", li.begin(0))
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("0", "0")
    assert "empty" in head.headers["Upload-Refused"]


@pytest.mark.parametrize("algorithm", receiving.ALGORITHMS)
def test_with_a_checksum_nothing_is_kept_before_it_fits(li: Tus, algorithm: str) -> None:
    path = li.begin(len(HEAVY))
    damaged = HEAVY[:1_500_000] + b"x" + HEAVY[1_500_001:2_500_000]
    assert status(li.send(path, 0, damaged, Upload_Checksum=checksum(HEAVY[:2_500_000], algorithm))) == 460
    torn = li.torn(path, 0, HEAVY[:2_500_000], 1_200_000, Upload_Checksum=checksum(HEAVY[:2_500_000], algorithm))
    assert status(torn) == 460
    assert (li.offset(path), pieces()) == (0, [])
    assert status(li.send(path, 0, HEAVY[:2_500_000], Upload_Checksum=checksum(HEAVY[:2_500_000], algorithm))) == 204
    assert status(li.send(path, 2_500_000, HEAVY[2_500_000:], Upload_Checksum=checksum(HEAVY[2_500_000:], algorithm))) == 204
    assert files() == [HEAVY]


@pytest.mark.parametrize("sent", ["sha512 YQ==", "sha1", "sha1 ?", "sha1 ", "YQ==", "md4 YQ=="])
def test_a_checksum_that_is_none_is_a_fault(li: Tus, sent: str) -> None:
    path = li.begin(3)
    assert status(li.send(path, 0, b"abc", Upload_Checksum=sent)) == 400
    assert li.offset(path) == 0


def test_a_file_that_is_not_the_one_named_is_gone(li: Tus) -> None:
    path = li.begin(len(HEAVY), Upload_Metadata=described(sha256=sha256(PHOTO)))
    li.send(path, 0, HEAVY[:2_000_000])
    assert status(li.send(path, 2_000_000, HEAVY[2_000_000:])) == 460
    assert status(li.ask("HEAD", path)) == 404
    assert (stored(Upload), stored(Piece), stored(Photo), pieces()) == (0, 0, 0, [])


@pytest.mark.parametrize(("content", "word"), [(b"no photo at all", "JPEG"), (PHOTO[:200], "broken"), (HEAVY, "megabytes")])
def test_what_is_no_photo_has_arrived_and_says_why_it_is_none(li: Tus, content: bytes, word: str) -> None:
    limited(photo_megabytes=2)
    answer = li.whole(content)
    assert (status(answer), answer.headers["Upload-Offset"]) == (201, str(len(content)))
    assert word in answer.headers["Upload-Refused"]
    assert li.ask("HEAD", answer.headers["Location"]).headers["Upload-Refused"] == answer.headers["Upload-Refused"]
    assert (stored(Photo), pieces()) == (0, [])


def test_an_upload_is_given_up_with_all_that_came(li: Tus) -> None:
    path, kept = li.begin(len(HEAVY)), li.whole(PHOTO).headers["Location"]
    li.send(path, 0, HEAVY[:2_000_000])
    assert len(pieces()) == 2
    for one in (path, kept):
        assert status(li.ask("DELETE", one)) == 204
        for method in ("HEAD", "DELETE", "PATCH"):
            assert status(li.ask(method, one)) == 404
    assert (stored(Upload), stored(Piece), pieces()) == (0, 0, [])
    assert files() == [PHOTO]


def test_nobody_knows_of_anothers_upload(town: Town, li: Tus) -> None:
    path, part = li.begin(10), li.begin(3, Upload_Concat="partial")
    li.send(part, 0, b"abc")
    for who in (town.wang, town.dispatcher):
        other = Tus(who)
        assert status(other.ask("HEAD", path)) == 404
        assert status(other.send(path, 0, b"x")) == 404
        assert status(other.ask("DELETE", path)) == 404
        assert status(other.ask("POST", Upload_Concat=f"final;{part}")) == 400
    assert status(Tus(town.stranger).ask("HEAD", path)) == 401
    assert li.offset(path) == 0


def test_a_worker_goes_on_with_his_other_device(town: Town, li: Tus) -> None:
    path = li.begin(len(PHOTO))
    li.send(path, 0, PHOTO[:20])
    other = Tus(town._with_credential(town.cast.li))
    assert status(other.send(path, 20, PHOTO[20:])) == 204
    assert files() == [PHOTO]


def test_a_system_that_signs_uploads_too(town: Town) -> None:
    platform = town.platform()
    def signed(method: str, path: str, content: bytes = b"") -> Tus:
        return Tus(Caller(town.app, platform.signed(path, content, method)))
    created = signed("POST", UPLOADS).ask("POST", Upload_Length=len(HEAVY))
    path = created.headers["Location"]
    assert status(signed("PATCH", path, HEAVY).send(path, 0, HEAVY)) == 204
    assert files() == [HEAVY]


def test_parts_become_one_file(li: Tus) -> None:
    parts = [HEAVY[:1_200_000], HEAVY[1_200_000:1_200_100], HEAVY[1_200_100:]]
    paths = [li.begin(len(part), Upload_Concat="partial") for part in parts]
    assert status(li.ask("POST", Upload_Concat=f"final;{paths[0]} {paths[1]}")) == 400  # they are not complete
    for path, part in zip(paths, parts, strict=True):
        li.send(path, 0, part)
        assert li.ask("HEAD", path).headers["Upload-Concat"] == "partial"
    assert stored(Photo) == 0
    wanted = f"final;{paths[0]} http://localhost{paths[1]} {paths[2]}"
    for _ in range(2):  # the answer may have been lost
        final = li.ask("POST", Upload_Concat=wanted, Upload_Metadata=described(sha256=sha256(HEAVY)))
        assert (status(final), final.headers["Upload-Offset"]) == (201, str(len(HEAVY)))
    head = li.ask("HEAD", final.headers["Location"])
    assert (head.headers["Upload-Concat"], head.headers["Upload-Length"]) == (wanted, str(len(HEAVY)))
    assert status(li.send(final.headers["Location"], len(HEAVY), b"")) == 403
    assert files() == [HEAVY, HEAVY]
    assert status(li.ask("POST", Upload_Concat=f"final;{paths[1]}", Upload_Metadata=described(sha256=sha256(HEAVY)))) == 460
    assert status(li.ask("POST", Upload_Concat=f"final;{final.headers['Location']}")) == 400  # a final one is no part


def test_joined_parts_are_forgotten_soon(li: Tus, time: SetClock) -> None:
    path = li.begin(len(PHOTO), Upload_Concat="partial")
    li.send(path, 0, PHOTO)
    li.ask("POST", Upload_Concat=f"final;{path}")
    time.passes(minutes=creating.JOINED_HOURS * 60)
    with transaction() as db:
        assert forgetting.forget_expired(db) == 1
    assert (stored(Piece), pieces()) == (0, [])
    assert files() == [PHOTO]


def test_an_upload_ends_with_its_time(li: Tus, time: SetClock) -> None:
    path = li.begin(len(HEAVY))
    assert li.send(path, 0, HEAVY[:10]).headers["Upload-Expires"] == "Mon, 09 Mar 2026 02:00:00 GMT"
    time.passes(days=6, hours=23)
    later = li.begin(4)
    with transaction() as db:
        assert forgetting.forget_expired(db) == 0
    time.passes(hours=1)
    for method in ("HEAD", "PATCH", "DELETE"):
        assert status(li.ask(method, path)) == 410
    with transaction() as db:
        assert forgetting.forget_expired(db) == 1
    assert status(li.ask("HEAD", path)) == 404
    assert (li.offset(later), pieces()) == (0, [])


def test_what_a_crash_left_is_swept_and_nothing_that_lives(li: Tus, time: SetClock) -> None:
    blobs.put("uploads/2026-03-01/left", b"x")
    path = li.begin(len(HEAVY))
    li.send(path, 0, HEAVY[:10])
    time.passes(days=3)
    blobs.put("uploads/2026-03-03/left", b"y")
    with reading() as db:
        assert forgetting.sweep(db) == 1
        assert len(pieces()) == 2  # younger than an upload that lives
    li.ask("DELETE", path)
    with reading() as db:
        assert forgetting.sweep(db) == 1
    assert pieces() == []


def test_a_method_that_the_network_lets_through_is_taken_for_the_one_meant(town: Town, li: Tus) -> None:
    path = li.begin(len(PHOTO))
    assert status(li.ask("POST", path, PHOTO[:9], Upload_Offset=0, X_HTTP_Method_Override="PATCH")) == 204
    head = li.ask("POST", path, X_HTTP_Method_Override="HEAD")
    assert (status(head), head.headers["Upload-Offset"]) == (200, "9")
    assert status(li.ask("POST", path, X_HTTP_Method_Override="DELETE")) == 204
    assert status(li.ask("HEAD", path)) == 404
    assert li.ask("POST", "/api/v1/pda/reports", X_HTTP_Method_Override="DELETE").status_code == 415  # nowhere else


def test_ones_share_of_the_store_has_an_end(town: Town, li: Tus, time: SetClock) -> None:
    limited(upload_quota_megabytes=4)
    path = li.begin(len(HEAVY))
    li.send(path, 0, HEAVY[:-1])
    refused = problem(li.ask("POST", Upload_Length=1_100_000), 507)
    assert (refused["quota"], refused["used"]) == (4_000_000, len(HEAVY) - 1)
    second = li.begin(900_000)
    third = li.begin(900_000)  # both fit alone
    assert status(li.send(second, 0, bytes(800_000))) == 204
    over = li.send(third, 0, bytes(800_000))
    assert (status(over), li.offset(third)) == (507, 0)
    assert int(over.headers["Retry-After"]) > 0
    assert Tus(town.wang).begin(900_000)  # everybody has a share of his own
    li.ask("DELETE", second)
    assert status(li.send(third, 0, bytes(800_000))) == 204
    li.ask("DELETE", third)
    assert status(li.send(path, len(HEAVY) - 1, HEAVY[-1:])) == 204
    problem(li.ask("POST", Upload_Length=1_100_000), 507)  # a photo that nobody shows still counts
    assert len(pieces()) == 0


FULL = obstore.exceptions.GenericError(
    "Generic LocalFileSystem error: Unable to copy data to file: No space left on device (os error 28)\n\nDebug source:\n"
    "Generic {\n    store: \"LocalFileSystem\",\n    source: UnableToCopyDataToFile {\n        source: Os {\n            "
    "code: 28,\n            kind: StorageFull,\n            message: \"No space left on device\",\n        },\n    },\n}")
"""Word for word what obstore raises on a full tmpfs."""


def test_a_full_disk_says_so_and_the_same_upload_goes_on_when_there_is_room(
        li: Tus, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = li.begin(len(HEAVY))
    li.send(path, 0, HEAVY[:1_500_000])
    real, came = obstore.put, 0

    def full_after_one(*args: object) -> object:
        nonlocal came
        came += 1
        if came > 1:
            raise FULL
        return real(*args)  # type: ignore[call-overload]
    monkeypatch.setattr(obstore, "put", full_after_one)
    refused = li.send(path, 1_500_000, HEAVY[1_500_000:])
    assert (problem(refused, 507)["type"], refused.headers["Retry-After"]) == ("/problems/no-room", "60")
    offset = li.offset(path)
    assert offset == 1_500_000 + receiving.PIECE
    assert status(li.ask("POST", content=PHOTO, Upload_Length=len(PHOTO))) == 507
    assert stored(Upload) == 1  # nobody heard of the other one
    monkeypatch.setattr(obstore, "put", real)
    assert status(li.send(path, offset, HEAVY[offset:])) == 204
    assert files() == [HEAVY]
    assert not list(Path(config.blob_url.removeprefix("file://")).glob("uploads/*/*"))


def test_a_store_that_is_away_keeps_what_came_before(li: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    path = li.begin(len(PHOTO))
    li.send(path, 0, PHOTO[:9])

    def away(*_: object) -> None:
        raise obstore.exceptions.GenericError("Generic S3 error: connection refused")
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", away)
        assert status(li.send(path, 9, PHOTO[9:])) == 503
    assert li.offset(path) == 9
    assert status(li.send(path, 9, PHOTO[9:])) == 204
    assert files() == [PHOTO]


def test_the_path_is_no_way_out_of_the_store(li: Tus) -> None:
    answer = li.whole(PHOTO, filename="../../etc/passwd")
    assert status(answer) == 201
    assert files() == [PHOTO]
    assert li.ask("POST", content=PHOTO, Content_Type=BYTES, Upload_Length=len(PHOTO),
                  Upload_Metadata=described(filename="a\0b")).status_code == 201


def test_what_finds_no_room_leaves_nothing_in_the_store(li: Tus) -> None:
    """A file whose row is not written is found by nobody, ever."""
    limited(upload_quota_megabytes=1)
    first, second = heavy_photo(2, 700), heavy_photo(3, 700)
    assert status(li.whole(first)) == 201
    path = li.begin(None)
    for _ in range(2):
        problem(li.send(path, 0, second, Upload_Length=len(second)), 507)
    assert files() == [first]
    assert len(list(blobs.keys_under("photos"))) == 1
    assert pieces() == []
