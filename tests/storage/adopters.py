"""Components of the register and people who adopt them, for tests."""
import uuid
from datetime import timedelta

from sqlalchemy import select

from casework import clock
from casework.cases.report import Channel
from casework.community.adoption import (
    adopting,
    care,
    check_ins,
    occasions,
)
from casework.community.adoption.adopting import Adoption
from casework.community.adoption.check_ins import CheckIn
from casework.community.adoption.kinds import Weather
from casework.community.adoption.occasions import Forecast, Occasion
from casework.errors import Conflict, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Citizen, Role
from casework.identity.privacy import blind_index, seal
from casework.media import check_in, processing, upload_token
from casework.registry.fields import Register
from casework.registry.records import Source
from casework.registry.statements import Stated, receive
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.factories import a_photo, at_grid

MINE, HERS = "13800138000", "13900139000"
HYDRANT, TREE, LAMP = "0124", "0402", "0137"


def component(steward: Actor, number: int = 1, place: Point | None = None, kind: str = HYDRANT, *,
              entry_id: uuid.UUID | None = None, base: uuid.UUID | None = None, **values: str) -> uuid.UUID:
    """A thing of the city in the middle of the first grid, unless told otherwise; its entry. With `base` one that is there
    is stated anew."""
    statement_id, entry_id = uuid.uuid4(), entry_id or uuid.uuid4()
    said = values if base else {"code": f"440301{kind}{number:06}", "name": "设施", **values}
    with transaction() as db:
        (judged,) = receive(db, steward, [Stated(
            id=statement_id, subject_id=entry_id, base=base, register=Register.COMPONENT, source=Source.GENERATED,
            origin="test", values=said, at=clock.now(), place=None if base else place or at_grid(0))])
        assert judged.error is None, judged
    return entry_id


def citizen(phone: str = MINE) -> Actor:
    """Who has proved this phone."""
    with transaction() as db:
        made = Citizen(phone=seal(phone), phone_index=blind_index("phone", phone))
        db.add(made)
        db.flush()
        return Actor("citizen", made.id, "市民", frozenset({Role.CITIZEN}), phone_index=made.phone_index)


def adopt(actor: Actor, entry_id: uuid.UUID, shop_id: uuid.UUID | None = None) -> uuid.UUID | str:
    """The adoption, or why not."""
    try:
        with transaction() as db:
            return adopting.adopt(db, actor, entry_id, shop_id).id
    except (Conflict, NotFound) as error:
        return error.sentence


def adoption(adoption_id: uuid.UUID | str) -> Adoption:
    with reading() as db:
        return db.get_one(Adoption, adoption_id)


def told() -> list[tuple[uuid.UUID, str]]:
    """To whom and what, in the order in which it was said."""
    with reading() as db:
        return [(one.subject, one.detail["zh"]) for one in db.scalars(
            select(Event).where(Event.name == "adoption.reminded").order_by(Event.id))]


def sweep() -> int:
    with transaction() as db:
        return care.sweep(db, 100)


def sent(colour: str = "grey") -> tuple[uuid.UUID, str]:
    """A photo sent ahead."""
    with transaction() as db:
        made = check_in(db, a_photo(colour), channel=Channel.CITIZEN)
        return made.id, upload_token(made.id)


def checks_in(actor: Actor, adoption_id: uuid.UUID | str, colour: str = "grey", **facts: object) -> CheckIn:
    assert isinstance(adoption_id, uuid.UUID)
    given = {"key": uuid.uuid4(), "photos": [sent(colour)], "place": at_grid(0), "accuracy": 10.0} | facts
    with transaction() as db:
        return check_ins.check_in(db, actor, adoption_id, **given)  # type: ignore[arg-type]


def prepared(*made: CheckIn) -> None:
    """Their photos are fit to be shown, where their files are there."""
    with reading() as db:
        photos = [one.id for some in check_ins.photos_of(db, [one.id for one in made]).values() for one in some]
    processing.process(photos)


def forecast(**facts: object) -> Forecast:
    made = {"key": uuid.uuid4(), "kind": Weather.SNOW, "areas": [], "since": clock.now() + timedelta(hours=12),
            "until": clock.now() + timedelta(hours=36), "source": "市气象台"} | facts
    return Forecast(**made)  # type: ignore[arg-type]


def spread(one: Forecast, cast: people.Cast) -> int:
    """Give notice and tell everybody; how many were told."""
    with transaction() as db:
        occasion_id = occasions.notice(db, cast.administrator, one).id
    more = True
    while more:
        with transaction() as db:
            more = occasions.spread(db, occasion_id)
    with reading() as db:
        return db.get_one(Occasion, occasion_id).told


