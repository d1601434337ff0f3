"""Categories and their standards. They belong to a version, and a version never changes once it is written."""
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casework import clock
from casework.storage.database import Base, Keyed, partial_index


class Kind(StrEnum):
    """What a category is about; the first digit of its code says the same: 1, 2, 3."""

    COMPONENT = "component"  # 部件
    EVENT = "event"          # 事件
    REQUEST = "request"      # 诉求


class LimitUnit(StrEnum):
    """How a limit is counted; casework.sla does the arithmetic, under the same words."""

    URGENT_HOUR = "urgent_hour"  # 紧急工作时: runs day and night
    WORK_HOUR = "work_hour"      # 工作时: inside office hours
    WORK_DAY = "work_day"        # 工作日
    NATURAL_DAY = "natural_day"  # 自然日


class Evidence(StrEnum):
    """What must lie beside a result before the case may be closed under a standard."""

    BEFORE_PHOTO = "before_photo"  # 处置前照片
    AFTER_PHOTO = "after_photo"    # 处置后照片
    POSITION = "position"          # 现场位置
    DOCUMENT = "document"          # 法律文书或书面说明
    REPLY = "reply"                # 给诉求人的答复


class TaxonomyVersion(Keyed, Base):
    """One state of the whole taxonomy. At most one is active; a case keeps the version it was filed under."""

    __tablename__ = "taxonomy_versions"
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    activated_at: Mapped[datetime | None]

    __table_args__ = (partial_index("uq_taxonomy_versions_one_active", "active", where="active", unique=True),)


class Category(Keyed, Base):
    """A node of the taxonomy. Its code is the kind's digit and two digits a level, so a parent's code is a prefix.

    1 and 2 are the codes of components and events in the national scheme (10101 上水井盖); 3 are requests, numbered by
    us once and for all (301 城乡建设, 30101 安全生产, 3010101 事故处理), 99 standing for 其他 on its level.
    """

    __tablename__ = "categories"
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("taxonomy_versions.id"))
    code: Mapped[str]
    kind: Mapped[Kind]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    level: Mapped[int]
    """1 is a big class (大类 / 一级分类), 2 a minor class (小类 / 二级), 3 only in requests (三级)."""
    responsible_kind: Mapped[str | None]
    """The kind of unit that usually answers for it, in general words (供水单位): a start for a city's own rules."""
    assisting_kinds: Mapped[list[str]] = mapped_column(default=list)
    """Kinds of units that help, or answer in some places; in order."""
    urgent: Mapped[bool] = mapped_column(default=False)
    """Danger to people: whatever the condition, it is looked at first."""
    duplicate_metres: Mapped[float | None]
    duplicate_hours: Mapped[float | None]
    groups: Mapped[list[str]] = mapped_column(default=list)
    """Words shared with categories that people take for this one (井盖); see Catalogue.neighbours."""

    __table_args__ = (
        UniqueConstraint("version_id", "code"),
        ForeignKeyConstraint(["version_id", "parent_code"], ["categories.version_id", "categories.code"],
                             name="fk_categories_parent"),
    )


class Standard(Keyed, Base):
    """立案标准: under which condition a case is filed, when it may be closed, how long that may take."""

    __tablename__ = "standards"
    version_id: Mapped[uuid.UUID]
    category_code: Mapped[str]
    ordinal: Mapped[int]
    """1, 2, 3 … inside its category; stable between versions as long as the condition means the same."""
    condition: Mapped[str]
    closing: Mapped[str]
    limit_value: Mapped[int]
    """In limit_unit."""
    limit_unit: Mapped[LimitUnit]
    evidence: Mapped[list[str]] = mapped_column(default=list)
    """Values of Evidence."""
    lenient: Mapped[bool] = mapped_column(default=False)
    """Evidence that is missing or from too far away is flagged, and does not hold up the closing."""
    is_default: Mapped[bool] = mapped_column(default=False)
    """The one taken when nobody has said which condition it is; exactly one in a category that has standards."""

    __table_args__ = (
        UniqueConstraint("version_id", "category_code", "ordinal"),
        CheckConstraint("limit_value > 0", name="limit_positive"),
        ForeignKeyConstraint(["version_id", "category_code"], ["categories.version_id", "categories.code"],
                             name="fk_standards_category"),
    )

    @property
    def urgent(self) -> bool:
        """Counted in urgent hours: work goes on at night and on holidays."""
        return self.limit_unit == LimitUnit.URGENT_HOUR
