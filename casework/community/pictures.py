"""The photos that a tracking page shows: what the reporter sent, and of what others took only what everybody may see."""
from typing import Any

from sqlalchemy.orm import Session

from casework import media
from casework.cases.report import Report
from casework.media import Purpose, Rendition, State


def of_report(db: Session, report: Report) -> list[dict[str, Any]]:
    """{purpose, link}: the reporter's own photos, once they are prepared. Links work for a while and need no log-in.

    The photos of a department may show neighbours, and those of other reporters are theirs: none of these is shown as it is.
    """
    own = [photo for photo in media.of_reports(db, [report.id]) if photo.state is State.READY]
    return [{"purpose": Purpose.REPORT, "link": media.sign(photo.id, Rendition.LARGE)} for photo in own]
