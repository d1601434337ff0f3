"""The working calendar: a year's public holidays, and the hours at which offices are open."""
from datetime import date
from typing import Any

import marshmallow as ma

from api.auth import requires
from api.blueprint import Blueprint
from api.fields import Moment, Text
from casework.sla import calendar
from casework.sla.calendar import FIRST_YEAR, LAST_YEAR
from casework.storage.database import one_at_a_time, reading, transaction

blueprint = Blueprint("calendar", __name__, url_prefix="/api/v1/admin", description="工作日历 The working calendar")

ON_THE_CLOCK = ma.validate.Regexp(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", error="must be a time such as 08:30")


class DayIn(ma.Schema):
    """One exception of the year, as the State Council announces it."""

    date = ma.fields.String(required=True)
    isOffDay = ma.fields.Boolean(required=True)  # noqa: N815 - the name that the published files use
    name = Text(40, required=True)


class YearIn(ma.Schema):
    """A year's announcement."""

    days = ma.fields.List(ma.fields.Nested(DayIn(unknown=ma.EXCLUDE)), required=True, validate=ma.validate.Length(1, 100))
    source = Text(200, required=True)


class YearOut(ma.Schema):
    """How many days the announcement names."""

    year = ma.fields.Integer()
    days = ma.fields.Integer()


class SpecialDayOut(ma.Schema):
    """A holiday, or a weekend day that is worked (调休)."""

    date = ma.fields.Date()
    is_work = ma.fields.Boolean()
    name = ma.fields.String()


class OpeningIn(ma.Schema):
    """One opening of the offices, city time."""

    opens = ma.fields.String(required=True, validate=ON_THE_CLOCK)
    closes = ma.fields.String(required=True, validate=ON_THE_CLOCK)


class HoursIn(ma.Schema):
    """Office hours from a date on, until a later date with hours of its own."""

    valid_from = ma.fields.Date(required=True, validate=ma.validate.Range(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
    spans = ma.fields.List(ma.fields.Nested(OpeningIn()), required=True, validate=ma.validate.Length(1, 10))


class HoursOut(HoursIn):
    """Office hours as they are kept."""


class CalendarOut(ma.Schema):
    """A year; `loaded_at` is null while nobody has loaded its announcement, and its weekdays then count as work days."""

    year = ma.fields.Integer()
    loaded_at = Moment(allow_none=True)
    source = ma.fields.String(allow_none=True)
    work_days = ma.fields.Integer()
    days = ma.fields.List(ma.fields.Nested(SpecialDayOut()))
    office_hours = ma.fields.List(ma.fields.Nested(HoursOut()), metadata={
        "description": "by date, the hours that hold when the year begins first"})


@blueprint.operation("GET", "/calendar/<int:year>", requires("calendar.read"), answer=CalendarOut())
def year_of(year: int) -> dict[str, Any]:
    """A year as offices keep it: every day on which work differs from the plain week, and the office hours."""
    with reading() as db:
        return calendar.year_of(db, year)


@blueprint.operation("POST", "/calendar/<int:year>", requires("calendar.import"), body=YearIn(), answer=YearOut(), status=201,
                     example={"days": [{"date": "2027-01-01", "isOffDay": True, "name": "元旦"}], "source": "国务院办公厅通知"})
def import_year(year: int, body: dict[str, Any]) -> dict[str, Any]:
    """Load a year's public holidays and make-up days, in the place of what was loaded for it.

    Open clocks are recounted: what has passed counts by the corrected calendar, and nothing falls due before this moment.
    """
    with transaction() as db:
        one_at_a_time(db, "calendar")
        return {"year": year, "days": calendar.import_days(db, year, body["days"], body["source"])}


@blueprint.operation("POST", "/office-hours", requires("calendar.import"), body=HoursIn(), answer=HoursOut(), status=201,
                     example={"valid_from": "2026-06-01", "spans": [{"opens": "08:30", "closes": "12:00"},
                                                                    {"opens": "14:30", "closes": "18:00"}]})
def office_hours(body: dict[str, Any]) -> dict[str, Any]:
    """Say when offices are open from a date on, such as the summer's hours; the same date again replaces them.

    Open clocks are recounted: what has passed counts by the corrected hours, and nothing falls due before this moment.
    """
    with transaction() as db:
        one_at_a_time(db, "calendar")
        calendar.set_office_hours(db, body["valid_from"], [(one["opens"], one["closes"]) for one in body["spans"]])
    return body
