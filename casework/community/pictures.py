"""The photos that a tracking page shows: what the reporter sent, and of what others took only what everybody may see."""
from typing import Any

from sqlalchemy.orm import Session

from casework import media
from casework.cases import public_pictures
from casework.cases.report import Report
from casework.media import Purpose, Rendition, State


def of_report(db: Session, report: Report) -> list[dict[str, Any]]:
    """{purpose, link}: the reporter's own photos, once they are prepared, then of others what everybody may see of the case.

    The photos of a department may show neighbours, and those of other reporters are theirs: none of these is shown as it is.
    Links work for a while and need no log-in.
    """
    own = [photo for photo in media.of_reports(db, [report.id]) if photo.state is State.READY]
    shown = [{"purpose": Purpose.REPORT, "link": media.sign(photo.id, Rendition.LARGE)} for photo in own]
    mine = {photo.id for photo in own}
    public = public_pictures.public_photos(db, [report.case_id]).get(report.case_id, ()) if report.case_id else ()
    return shown + [{"purpose": one.purpose, "link": one.link} for one in public if one.photo_id not in mine]
