"""Reference data on a device: told again only where it changed; and what a page costs."""
import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.fieldwork.changes import sections
from casework.fieldwork.forms import library
from casework.fieldwork.forms.library import CollectionForm
from casework.fieldwork.forms.xlsform import Kind
from casework.geography.areas import Area, touch
from casework.storage.database import new_id, transaction
from casework.taxonomy import Category, Standard, TaxonomyVersion, activate
from tests.factories import GRIDS
from tests.statements import heard
from tests.storage.city import City
from tests.storage.field import Device, World, follow


def revised(**wanted: Any) -> None:
    """A next version of the taxonomy: the lamp is called otherwise, rubbish is gone, a tree is new; in use at once."""
    with transaction() as db:
        old = db.scalars(select(TaxonomyVersion).where(TaxonomyVersion.active)).one()
        made = TaxonomyVersion(number=old.number + 1, name="修订")
        db.add(made)
        db.flush()
        renamed = {"10105": "路灯照明"} | wanted
        kept = [one for one in db.scalars(select(Category).where(Category.version_id == old.id).order_by(Category.level))
                if one.code not in {"20101", "10106"}]
        db.add_all(Category(version_id=made.id, code=one.code, kind=one.kind, name=renamed.get(one.code, one.name),
                            parent_code=one.parent_code, level=one.level, groups=one.groups) for one in kept)
        db.add(Category(version_id=made.id, code="10106", kind=kept[0].kind, name="行道树", parent_code="101", level=2))
        db.flush()
        for one in db.scalars(select(Standard).where(Standard.version_id == old.id, Standard.category_code != "20101")):
            limit = 3 if one.category_code == "10101" else one.limit_value
            db.add(Standard(version_id=made.id, category_code=one.category_code, ordinal=one.ordinal, condition=one.condition,
                            closing=one.closing, limit_value=limit, limit_unit=one.limit_unit, evidence=one.evidence,
                            is_default=True))
        db.flush()
        activate(db, made.id)


def test_of_a_new_taxonomy_only_what_is_not_as_it_was_is_told(city: City) -> None:
    devices = [Device(city.cast.li).pull(limit) for limit in (1000, 1, 2)]
    revised()
    for device, limit in zip(devices, (1000, 1, 2), strict=True):
        told = {item["id"]: {name: value for name, value in item.items() if name not in {"kind", "id"}}
                for item in device.pull(limit).told}
        assert told.keys() == {"10101", "10105", "10106", "20101"}
        assert (told["10105"], told["20101"]) == ({"name": "路灯照明"}, {"deleted": True})
        assert (list(told["10101"]), told["10101"]["standards"][0]["limit"][:1]) == (["standards"], "3")
        assert device.has == Device(city.cast.li).pull().has


def test_a_taxonomy_that_changes_while_it_is_told_ends_as_the_last_one(city: City) -> None:
    for asked in (1, 4, 11, 13):
        device = Device(city.cast.li)
        for _ in range(asked):
            device.page(1)
        revised(**{"10102": f"污水井盖{asked}"})
        device.page(2)
        revised(**{"10102": f"污水井盖 {asked}"})
        assert device.pull(3).has == Device(city.cast.li).pull().has, asked


def form(version: str, title: str, *, active: bool = True) -> CollectionForm:
    """The row alone: what a form must be is not the subject here."""
    columns = CollectionForm.__table__.columns
    given = {one.key: "" for one in columns if not one.nullable and one.default is None}
    return CollectionForm(**given | {
        "id": new_id(), "form_id": "house", "version": version, "title": title, "register": "house", "kind": Kind.MD,
        "source": b"", "questions": [{"name": "rooms"}], "remarks": [], "active": active, "md5": version})


def test_forms_come_with_each_new_version_and_go_when_they_are_withdrawn(city: City) -> None:
    device = Device(city.cast.li).pull()
    with transaction() as db:
        db.add(form("1", "房屋"))
    assert [(one["version"], one["title"]) for one in device.pull().of("form").values()] == [("1", "房屋")]
    assert device.of("form")["house"]["questions"] == [{"name": "rooms"}]
    with transaction() as db:
        db.execute(update(CollectionForm).values(active=False))
        db.add(form("2", "出租屋"))
    assert [one["version"] for one in device.pull(1).of("form").values()] == ["2"]
    assert device.pull().told == []
    with transaction() as db:
        db.execute(update(CollectionForm).values(active=False))
    assert device.pull().told == [{"kind": "form", "id": "house", "deleted": True}]


def test_what_changes_between_two_looks_of_one_page_is_told_with_the_next(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version is read before what it is the version of: else the old would be taken for the new, and the new never told."""
    def meanwhile(look: Callable[..., Any], change: Callable[[Session], None], *, before: bool = False) -> Callable[..., Any]:
        def looks(*asked: Any) -> Any:
            found = None if before else look(*asked)
            monkeypatch.undo()
            with transaction() as other:
                change(other)
            return look(*asked) if before else found
        return looks

    def renamed(other: Session) -> None:
        other.execute(update(Area).where(Area.code == GRIDS[0]).values(name="第一网格新名"))
        touch(other)
    device = Device(city.cast.li)
    monkeypatch.setattr(sys.modules["casework.fieldwork.changes.page"], "worker", meanwhile(sections.worker, renamed))
    device.pull().pull()
    assert device.of("area")[GRIDS[0]]["name"] == "第一网格新名"
    monkeypatch.setattr(library, "digest", meanwhile(library.digest, lambda other: other.add(form("1", "房屋")), before=True))
    device.pull().pull()
    assert list(device.of("form")) == ["house"]


# ---- what it costs

def test_a_page_asks_the_database_the_same_few_things_however_much_it_tells(city: City) -> None:
    world = World(city)
    device = Device(city.cast.li).pull()
    counts = []
    for many in (2, 30):
        for number in range(many):
            world.new_task(0, number)
            world.send_to_look(0, 3)
            world.state(0, 3 * number)
        follow()
        with heard() as asked:
            device.pull()
        counts.append(len(asked))
        assert len(device.told) > many
    assert counts[1] <= counts[0] <= 24
    device.pull()
    with heard() as asked:
        device.pull()
    assert len(asked) <= 10
