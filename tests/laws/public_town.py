"""A town full of what nobody else may read: said through every door, in cases that are public and in cases that are not."""
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from sqlalchemy import select

from casework.cases.case import Case
from casework.cases.publication import Publication, State
from casework.cases.report import Channel, Report
from casework.geography.coordinates import Point
from casework.identity.people import User
from casework.media import Photo
from casework.storage.database import reading, transaction
from casework.triage import automatic
from tests.api.geoclient import app_of
from tests.api.town import Json, Town, citizen_report, ok, pda_report, ticket
from tests.factories import a_report, at_grid

RELEASED = "路口的井盖不见了，已有人看过这句话"
"""What a moderator has released: the only words of a case that may be read."""

SURNAMES, GIVEN = "欧司上诸慕令", ("阳铁蛋", "马翠花", "官二妞", "葛狗剩", "容小翠", "狐大壮")


@dataclass
class Somebody:
    """A reporter with all that a person may have, in no two alike."""

    number: int
    place: Point
    name: str = ""
    phone: str = ""
    identity: str = ""
    wechat: str = ""
    mark: str = ""
    """A word that stands in nothing but what this one said."""

    def __post_init__(self) -> None:
        one = self.number
        self.name = f"{SURNAMES[one % 6]}{GIVEN[(one + one // 6) % 6]}"
        self.phone, self.identity = f"139{73000000 + 1117 * one:08}", f"44030119{60 + one:02}0315{3000 + 13 * one:04}"[:18]
        self.wechat, self.mark = f"tiedan_{7700 + one}", f"麒麟暗语{one:03}号"

    def says(self, what: str = "上水井盖缺失") -> str:
        return (f"{what}，{self.mark}，我是{self.name}，住南塘新村{30 + self.number}栋1502室，电话{self.phone}，"
                f"身份证{self.identity}，微信{self.wechat}，位置{self.place.lon:.6f},{self.place.lat:.6f}")


@dataclass
class Secrets:
    """What was planted, by kind. A text that holds one of these tells it."""

    words: dict[str, str] = field(default_factory=dict)
    """Secret → its kind."""
    places: list[Point] = field(default_factory=list)
    hidden_numbers: set[str] = field(default_factory=set)
    """Of cases that are not public, and of reports that no app has sent."""
    numbers: list[str] = field(default_factory=list)
    """Of all cases and reports: what a stranger may try."""
    ids: list[uuid.UUID] = field(default_factory=list)

    def of(self, somebody: Somebody) -> None:
        self.words |= {somebody.name: "name", somebody.phone: "phone", somebody.identity: "identity",
                       somebody.wechat: "account", somebody.mark: "words"}
        self.places.append(somebody.place)


def photo_with_position(place: Point, colour: str) -> bytes:
    """A JPEG as a phone makes it: with the position, the camera's number and its owner in it."""
    exif = Image.Exif()
    exif[0x010F], exif[0xA430], exif[0x9286] = "PhoneMaker", "欧阳铁蛋".encode(), b"ASCII\0\0\0tiedan_7700"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[3] = "N", "E"
    gps[2], gps[4] = ((int(one), int(one % 1 * 60), one * 60 % 1 * 60) for one in (place.lat, place.lon))
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def people_of_the_town() -> Iterator[Somebody]:
    """One after another, each at a place of their own that is the middle of nothing."""
    for number in range(60):
        yield Somebody(number, at_grid(number % 4, 137.3 * (number % 5) - 251.7, 93.1 * (number // 5 % 5) - 188.9))


class Planted:
    """The town after a few days: `secrets` are what its people would not have known."""

    def __init__(self, town: Town) -> None:
        self.town, self.secrets, self._people = town, Secrets(), people_of_the_town()
        self._name_officers()
        self.public = [self._published(words) for words in (RELEASED, None)]
        self.held = [self._withheld(), self._confidential(), self._request(), self._unfiled(), self._merged(), self._voided()]
        self._through_the_other_doors()
        self._waiting()
        town.prepare_photos()
        town.jobs()
        self._release_photos()
        self._write_down()

    def somebody(self) -> Somebody:
        made = next(self._people)
        self.secrets.of(made)
        return made

    def _name_officers(self) -> None:
        with transaction() as db:
            for number, user in enumerate(db.scalars(select(User).order_by(User.id))):
                user.name = f"经办干部{number:02}某"
                self.secrets.words[user.name] = "officer"
        self.town.known.clear()

    def _reported(self, category: str = "10101", **facts: Any) -> str:
        """A grid worker's report with a photo; the number of its case."""
        one = self.somebody()
        body = pda_report(text=one.says(), category=category, place={"lon": one.place.lon, "lat": one.place.lat}, **facts)
        colour = f"#{one.number * 4:02x}8040"
        files = {"photos": (io.BytesIO(photo_with_position(one.place, colour)), "a.jpg")}
        receipt = ok(self.town.li.post("/api/v1/pda/reports", body, files=files), 201)
        self.town.jobs()
        return str(self.town.case_of(receipt["number"])["number"])

    def _decided(self, number: str, **decision: Any) -> None:
        ok(self.town.operator.post(f"/api/v1/moderation/cases/{number}", decision))

    def _published(self, words: str | None) -> str:
        """Through its whole life, with remarks, an answer, and photos of the department."""
        town, number = self.town, self._reported()
        self._decided(number, decision="publish", words=words)
        for begins, to in (("内部研判不外传", "internal"), ("这句只对上报人说", "public")):
            text = f"{begins}{len(self.secrets.words)}"
            self.secrets.words[text] = "internal"
            ok(town.supervisor.post(f"/api/v1/cases/{number}/comments", {"text": text, "visibility": to}), 201)
        case = ok(town.supervisor.get(f"/api/v1/cases/{number}"))
        if case["status"] == "dispatched" and case["department"] == "水务局":
            one = self.somebody()
            reply = f"已联系{one.says('答复')}"
            town.act(town.water_handler, number, "sign")
            files = {"photo": (io.BytesIO(photo_with_position(one.place, "red")), "b.jpg")}
            photo = ok(town.water_handler.post("/api/v1/media", files=files), 201)["id"]
            town.act(town.water_handler, number, "resolve", reply=reply, photos=[photo])
        town.jobs()
        return number

    def _withheld(self) -> str:
        number, reason = self._reported(), "涉及未成年人不宜公开"
        self.secrets.words[reason] = "internal"
        self._decided(number, decision="withhold", reason=reason)
        return number

    def _confidential(self) -> str:
        return self._called(category="10101", confidential=True)

    def _request(self) -> str:
        return self._called(category="301")

    def _called(self, **facts: Any) -> str:
        """Somebody rang the hotline; the number of the case, filed."""
        one = self.somebody()
        body = ticket(subject=f"{one.mark}求助", detail=one.says("小区外井盖缺失"), address="南塘社区", caller_name=one.name,
                      caller_phone=one.phone, **facts)
        receipt = ok(self.town.operator.post("/api/v1/hotline/tickets", body))["results"][0]
        self.town.jobs()
        case = self.town.case_of(receipt["number"])
        if case["status"] == "reported":
            self.town.act(self.town.triage, case["number"], "file", category=facts["category"])
            self.town.jobs()
        return str(case["number"])

    def _unfiled(self) -> str:
        receipt = self._sent_by_citizen("说不清是什么")
        return str(self.town.case_of(receipt["number"])["number"])

    def _sent_by_citizen(self, what: str) -> Json:
        one = self.somebody()
        receipt = ok(self.town.stranger.post("/api/v1/citizen/reports", citizen_report(
            text=one.says(what), name=one.name, phone=one.phone, place={"lon": one.place.lon, "lat": one.place.lat})), 201)
        self.town.jobs()
        return receipt

    def _merged(self) -> str:
        number = self._reported()
        self._decided(number, decision="publish", words="这是并案前放行的话")
        self.secrets.words["这是并案前放行的话"] = "words"
        self.town.act(self.town.dispatcher, number, "merge", into=self.public[0], reason="同一问题")
        return number  # no job has run since

    def _voided(self) -> str:
        number = self._reported(category="10102")
        self.town.act(self.town.dispatcher, number, "propose_void", reason="误报")
        self.town.act(self.town.other_dispatcher, number, "void", reason="误报")
        return number

    def _through_the_other_doors(self) -> None:
        one = self.somebody()
        app_of(self.town).sent(description=one.says(), lat=str(one.place.lat), long=str(one.place.lon), phone=one.phone,
                               first_name=one.name[1:], last_name=one.name[:1], email="tiedan7700@example.org",
                               address_string=f"{one.mark}门前", account_id=one.wechat, service_code="10105",
                               media_url="https://example.org/face7700.jpg")
        self.secrets.words |= {"tiedan7700@example.org": "account", "face7700": "words"}
        self._sent_by_citizen("路灯不亮")
        for channel in (Channel.WECHAT, Channel.HOTLINE):
            other = self.somebody()
            with transaction() as db:
                receipt = a_report(db, channel=channel, text=other.says("暴露垃圾成堆"), place=other.place,
                                   reporter_name=other.name, reporter_phone=other.phone, claimed_category="20101",
                                   external_number=f"12345-{other.wechat}", address=f"{other.mark}旁")
            automatic.triage([receipt.id])
        self.town.jobs()

    def _waiting(self) -> None:
        """From now on a person looks first."""
        ok(self.town.administrator.post("/api/v1/admin/policy", {
            "version": "look-first", "rules": [], "numbers": {"20101": {"look_first": 1}}}))
        self.town.jobs()
        self._reported(category="20101")

    def _release_photos(self) -> None:
        """All that wait, as they are: what a camera has written into them must be gone by then."""
        photos = "/api/v1/moderation/photos"
        for one in ok(self.town.operator.get(photos))["items"]:
            ok(self.town.operator.post(f"{photos}/{one['id']}", {"decision": "publish", "rectangles": []}))

    def _write_down(self) -> None:
        with reading() as db:
            public = set(db.scalars(select(Publication.case_id).where(Publication.state == State.PUBLISHED)))
            cases, reports = db.scalars(select(Case)).all(), db.scalars(select(Report)).all()
            photos = list(db.scalars(select(Photo.id)))
        gone = set(self.held)
        self.channels = {one.channel for one in reports}
        mine = {one.number for one in reports if one.channel is not Channel.OPEN311}
        hidden = {one.number for one in cases if one.id not in public or one.number in gone}
        self.secrets.hidden_numbers = mine | hidden
        self.secrets.numbers = [one.number for one in (*cases, *reports)]
        self.secrets.ids = [*(one.id for one in (*cases, *reports)), *photos, uuid.uuid4()]
        self.secrets.places += [one.place for one in cases if one.place]
