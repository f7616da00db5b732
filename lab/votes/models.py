"""Ballots, casts, tallies and, where a ballot has a maximum, how much each person has used."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.dates import FIRST_MOMENT, FIRST_TOO_LATE
from lab.core.db import Base


class Method(StrEnum):
    SUPPORT = "support"
    AGREEMENT = "agreement"


class Purpose(StrEnum):
    """What the running ballot of a challenge is about; an imported ballot belongs to its source."""

    IDEAS = "ideas"
    COMMENTS = "comments"
    IMPORTED = "imported"


def _values(enum: type[StrEnum]) -> str:
    return ", ".join(f"'{each}'" for each in enum)


class Ballot(Base):
    """A prioritisation: its method, window, maximum per person, and when its totals are shown."""

    __tablename__ = "ballots"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(12))
    method: Mapped[str] = mapped_column(String(12), server_default=Method.SUPPORT)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    maximum: Mapped[int | None]
    totals_after_close: Mapped[bool] = mapped_column(server_default="false")
    read_only: Mapped[bool] = mapped_column(server_default="false")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))

    __table_args__ = (
        CheckConstraint(f"purpose in ({_values(Purpose)})", "purpose_known"),
        CheckConstraint(f"method in ({_values(Method)})", "method_known"),
        CheckConstraint("opens_at is null or closes_at is null or opens_at < closes_at", "window_in_order"),
        # Without a date the comparison is null, which a check lets pass.
        CheckConstraint(f"opens_at >= {FIRST_MOMENT} and opens_at < {FIRST_TOO_LATE}", "opens_in_sensible_year"),
        CheckConstraint(f"closes_at >= {FIRST_MOMENT} and closes_at < {FIRST_TOO_LATE}", "closes_in_sensible_year"),
        CheckConstraint("maximum > 0", "maximum_positive"),
        CheckConstraint("not totals_after_close or closes_at is not null", "hidden_totals_close"),
        CheckConstraint("(purpose = 'imported') = read_only", "imported_is_read_only"),
        Index(
            "uq_ballots_running",
            "challenge_id",
            "purpose",
            unique=True,
            postgresql_where=text("purpose <> 'imported'"),
        ),
        Index("ix_ballots_import", "import_id", unique=True, postgresql_where=text("import_id is not null")),
    )


class Cast(Base):
    """What one person gave one option of one ballot. Open mode: the person is stored, shown to nobody else."""

    __tablename__ = "casts"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[int] = mapped_column(
        ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    value: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int]
    channel: Mapped[str] = mapped_column(String(12))
    cast_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("value between -1 and 1", "value_known"),
        Index("ix_casts_person_option", "person_id", "option_id"),
    )


class Tally(Base):
    """How many casts of each value an option of a ballot has. The support of a running ballot stands in
    `contributions.support` instead, where lists order by it."""

    __tablename__ = "tallies"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[int] = mapped_column(
        ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    casts: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (CheckConstraint("casts >= 0", "not_negative"),)


class Allowance(Base):
    """How many casts a person has used in a ballot with a maximum. The check holds the limit, also in a race."""

    __tablename__ = "allowances"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    used: Mapped[int]
    maximum: Mapped[int]

    __table_args__ = (CheckConstraint("used between 0 and maximum", "within_maximum"),)
