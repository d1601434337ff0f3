"""What is sent to /openrosa with ill will, or half, is refused in the words of OpenRosa, and leaves nothing behind."""
import time as wall
from io import BytesIO

import pytest
from sqlalchemy import select

from casework.fieldwork.forms.submissions import Submission, SubmittedFile
from casework.storage.database import reading
from tests.api.collect import Collect, a_report, collect, filled, instance, message
from tests.api.town import Town, stored

GOOD = filled("report", a_report(), "uuid:5f0c3d1e-8a4b-4c6f-9d2e-7a1b3c5d7e9f")


@pytest.fixture
def phone(town: Town) -> Collect:
    """Li's phone."""
    return collect(town, token=True)


def with_doctype(doctype: str, text: str = "井盖") -> str:
    return GOOD.replace("<data ", f"{doctype}<data ", 1).replace("人行道上水井盖缺失", text)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE: dict[str, tuple[str | bytes, int]] = {
    "a file of ours": (with_doctype('<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"), 400),
    "an address": (with_doctype('<!DOCTYPE data SYSTEM "http://127.0.0.1:1/evil.dtd">'), 400),
    "a billion laughs": (with_doctype(f'<!DOCTYPE data [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"), 400),
    "a harmless DTD": (with_doctype("<!DOCTYPE data>"), 400),
    "an unknown entity": (GOOD.replace("人行道上水井盖缺失", "&nope;"), 400),
    "a deep well": ("<data id='report' version='1'>" + "<a>" * 5_000 + "</a>" * 5_000 + "</data>", 413),
    "a wide plain": ("<data id='report' version='1'>" + "<a/>" * 100_000 + "</data>", 413),
    "three megabytes": (GOOD.replace("人行道上水井盖缺失", "a" * 3_000_000), 413),
    "no XML": ("井盖不见了", 400), "nothing": (b"", 400), "NUL": (GOOD.replace("井盖", "\0"), 400),
    "half of it": (GOOD[:-20], 400), "no UTF-8": (GOOD.encode("utf-16"), 400),
    "another encoding": (GOOD.replace("?>", 'encoding="gbk"?>', 1).encode("gbk"), 400),
    "an encoding that is none": (GOOD.replace("?>", 'encoding="klingon"?>', 1), 400),
    "no form": (GOOD.replace('id="report"', ""), 400), "an unknown form": (GOOD.replace('id="report"', 'id="castle"'), 404),
    "a long form": (GOOD.replace('id="report"', f'id="{"x" * 300}"'), 400),
    "a long version": (GOOD.replace('version="1"', f'version="{"1" * 300}"', 2), 400),
    "no instance": (GOOD.replace("orx:instanceID", "orx:other"), 400),
    "a long instance": (GOOD.replace("uuid:5f", f"uuid:{'5' * 300}"), 400),
    "a character that is none": (GOOD.replace("井盖", "&#xD800;"), 400),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_answers_are_refused_at_once_and_leave_nothing(town: Town, phone: Collect, what: str) -> None:
    xml, status = HOSTILE[what]
    began = wall.monotonic()
    answer = phone.post(xml)
    assert (answer.status_code, bool(message(answer))) == (status, True), answer.text
    assert wall.monotonic() - began < 5
    assert "root:" not in answer.text
    assert (stored(Submission), stored()) == (0, 0)


def test_an_instance_needs_no_uuid(town: Town, phone: Collect) -> None:
    assert phone.post(GOOD.replace("uuid:5f0c3d1e-8a4b-4c6f-9d2e-7a1b3c5d7e9f", "号码17")).status_code == 201
    assert phone.post(GOOD.replace("uuid:5f0c3d1e-8a4b-4c6f-9d2e-7a1b3c5d7e9f", "号码17")).status_code == 202
    assert stored() == 1


def test_the_answers_come_once_and_in_a_form(town: Town, phone: Collect) -> None:
    url = f"{phone.server}/submission"
    part = ("x.xml", GOOD.encode(), "text/xml")
    assert phone.http.post(url, files=[("xml_submission_file", part)] * 2).status_code == 400
    assert phone.http.post(url, files=[("1.jpg", part)]).status_code == 400
    assert phone.http.post(url, content=GOOD.encode(), headers={"Content-Type": "text/xml"}).status_code == 415
    assert phone.http.post(url, content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"}).status_code == 400
    assert stored(Submission) == 0
    assert phone.http.post(url, data={"xml_submission_file": GOOD}, files=[("n", (None, b"1"))]).status_code == 201


def test_a_body_in_pieces_of_unknown_length_is_taken(town: Town, phone: Collect) -> None:
    body = (b'--x\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n\r\n'
            + GOOD.encode() + b"\r\n--x--\r\n")
    answer = town.app.test_client().post(
        phone.server.removeprefix("http://localhost") + "/submission", input_stream=BytesIO(body),
        headers={"Transfer-Encoding": "chunked", "Content-Type": "multipart/form-data; boundary=x"},
        environ_overrides={"wsgi.input_terminated": True})
    assert answer.status_code == 201


def test_names_of_files_lead_nowhere(town: Town, phone: Collect) -> None:
    names = {"../../etc/passwd": "passwd", "C:\\temp\\1.jpg": "1.jpg", "图.jpg": "图.jpg", "a" * 300 + ".jpg": "a" * 200}
    for number, name in enumerate(names):
        answer = phone.http.post(f"{phone.server}/submission", files=[
            ("xml_submission_file", ("x.xml", GOOD.replace("7e9f", f"7e9{number}").encode(), "text/xml")),
            ("photo", (name, b"content", "image/jpeg"))])
        assert answer.status_code == 201, answer.text
    with reading() as db:
        assert list(db.scalars(select(SubmittedFile.name).order_by(SubmittedFile.id))) == list(names.values())


def test_a_hundred_files_in_one_post_are_taken(town: Town, phone: Collect) -> None:
    files = {f"{number}.csv": str(number).encode() for number in range(100)}
    assert phone.post(filled("report", a_report(), instance()), files, incomplete=True).status_code == 201
    assert stored(SubmittedFile) == 100


def test_whatever_is_answered_here_is_openrosa(town: Town, phone: Collect) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("DELETE", "/formList", 405), ("GET", "/submission", 405),
                                 ("GET", "/forms/castle/1.xml", 404), ("GET", "/forms/house/99.manifest", 404)):
        answer = phone.http.request(method, phone.server + path)
        assert answer.status_code == status, (path, answer.text)
        assert message(answer)
        assert answer.headers["X-OpenRosa-Accept-Content-Length"] == "100000000"
    assert phone.http.request("OPTIONS", phone.server + "/submission").headers["X-OpenRosa-Version"] == "1.0"
    beside = phone.http.get("http://localhost/openrosaria")
    assert (beside.status_code, "X-OpenRosa-Version" in beside.headers) == (404, False)


def test_a_body_that_is_too_large_is_refused_before_it_is_kept(town: Town, phone: Collect) -> None:
    answer = town.app.test_client().post(
        phone.server.removeprefix("http://localhost") + "/submission", data=b"x",
        headers={"Content-Type": "multipart/form-data; boundary=x"}, environ_overrides={"CONTENT_LENGTH": "200000000"})
    assert answer.status_code == 413
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert stored(Submission) == 0
