"""What a person at the triage desk is told about a report that was left to him: what it may be, and which words said so."""
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases.case import Case
from casework.cases.report import Report
from casework.classification import model
from casework.classification.corrections import TrainingExample
from casework.classification.linear import message
from casework.classification.suggester import suggester_of
from casework.classification.weighing import weighing
from casework.taxonomy import Catalogue, Standard
from casework.triage.automatic import BRANCHES

LOOKED_BACK = 1000
"""So many corrections at most are counted, the latest."""
MOST_PAIRS = 10


@dataclass(frozen=True)
class Option:
    """One category that it may be, under which a person can file it; `words` of the report spoke for it."""

    code: str
    name: str
    score: float
    words: list[str]
    standards: list[Standard]


@dataclass(frozen=True)
class Reasons:
    """`sure` says that triage would have taken the first without a person, had nothing else been in doubt."""

    options: list[Option]
    sure: bool
    model_version: str | None


@dataclass(frozen=True)
class Mistaken:
    """Reports that were suggested to be one thing (None: nothing) and that people filed as another."""

    suggested: str | None
    suggested_name: str | None
    corrected: str
    corrected_name: str
    count: int


@dataclass(frozen=True)
class Learning:
    """What people corrected since the model in use was trained, at most LOOKED_BACK; pairs that are mistaken most first."""

    model_version: str | None
    trained_at: datetime | None
    count: int
    all: bool
    pairs: list[Mistaken]


def reasons(db: Session, case: Case) -> Reasons:
    """What the case may be about by the words of its first report."""
    report = case.first_report
    if report is None:
        return Reasons([], sure=False, model_version=None)
    catalogue = taxonomy.catalogue(db)
    suggester, within = suggester_of(catalogue), BRANCHES[report.channel]
    text = message(report.title, report.text)
    made = suggester.suggest([text], within=within)[0]
    scores = {one.label: one.score for one in made.alternatives if _fileable(catalogue, one.label)}
    words = weighing(suggester, text, list(scores), within)
    options = [Option(code, _path(catalogue, code), score, words[code], catalogue.standards(code))
               for code, score in scores.items()]
    return Reasons(options, sure=not made.abstained, model_version=made.model_version)


def learning(db: Session) -> Learning:
    """Corrections since the model in use was trained, and what is mistaken for what."""
    version = model.status()["version"]
    trained = _trained_at(str(version)) if version else None
    latest = (select(TrainingExample.code, TrainingExample.corrected_at, TrainingExample.report_id)
              .order_by(TrainingExample.id.desc()).limit(LOOKED_BACK).subquery())
    rows = db.execute(select(latest.c.code, latest.c.corrected_at, Report.suggestion)
                      .join(Report, Report.id == latest.c.report_id)).all()
    since = [row for row in rows if trained is None or row.corrected_at > trained]
    by_code = taxonomy.catalogue(db).by_code
    pairs = Counter(((row.suggestion or {}).get("code"), row.code) for row in since)
    names = {code: one.name for code, one in by_code.items()}
    named = [Mistaken(was, names.get(was or ""), now, names.get(now, now), count)
             for (was, now), count in pairs.most_common(MOST_PAIRS)]
    return Learning(str(version) if version else None, trained, len(since), len(since) < LOOKED_BACK, named)


def _fileable(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue.by_code and any(one.is_default for one in catalogue.standards(code))


def _path(catalogue: Catalogue, code: str) -> str:
    return " / ".join(one.name for one in catalogue.path(code))


def _trained_at(version: str) -> datetime | None:
    """Model files are named after the moment they were trained: 20260302T020000Z-1a2b3c4d."""
    try:
        return datetime.strptime(version.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


