"""What each day brought, by class: hours, squares, areas and words, kept small, so that a season is read without its cases."""
from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from casework.storage.database import Base, Json


class DayCounts(Base):
    """A day of the city and a class of categories ("" is all of them together).

    `hours`: 24 counts; `squares`: [column, row, count]…; `areas`: count by code of the smallest area; `closed` and `late`: how
    many cases were closed that day, and how many of these were late; `words`: in how many reports a word stood.
    """

    __tablename__ = "early_warning_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    group_code: Mapped[str] = mapped_column(primary_key=True)
    hours: Mapped[list[int]] = mapped_column(Json)
    squares: Mapped[list[int]] = mapped_column(Json)
    areas: Mapped[dict[str, int]] = mapped_column(Json)
    words: Mapped[dict[str, int]] = mapped_column(Json)
    closed: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime]
