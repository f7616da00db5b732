"""Territories, challenges, their phases, the moves between them and what each phase allows."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lab.challenges.phases import Activity, Phase
from lab.core.dates import FIRST_MOMENT, FIRST_TOO_LATE
from lab.core.db import Base

SLUG_LENGTH = 80
TITLE_LENGTH = 120
SUMMARY_LENGTH = 240
PROBLEM_LENGTH = 6000
INSTITUTION_LENGTH = 160
REASON_LENGTH = 600
SECTORS = (
    "agua",
    "educacion",
    "salud",
    "transporte",
    "ambiente",
    "produccion",
    "justicia",
    "servicios",
    "inclusion",
    "datos",
    "otro",
)


def _values(enum: Any) -> str:
    return ", ".join(f"'{each}'" for each in enum)


class Territory(Base):
    """A department (two digits) or a unit of municipal level (six digits) by its INE code, which is text."""

    __tablename__ = "territories"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80))
    department_code: Mapped[str] = mapped_column(String(2), index=True)
    province: Mapped[str] = mapped_column(String(80), server_default="")
    government: Mapped[str] = mapped_column(String(4), server_default="")

    __table_args__ = (
        CheckConstraint("kind in ('department', 'municipality', 'tioc')", "kind_known"),
        CheckConstraint("code ~ '^[0-9]{2}([0-9]{4})?$'", "code_is_ine"),
        CheckConstraint("left(code, 2) = department_code", "code_in_department"),
    )


class Challenge(Base):
    """A question the lab works on with everybody. Draft until `published_at`.

    `folded` holds the words by which lists find it; `version` counts the edits of its text.

    `idea_count` and `comment_count` count what is public, raised and lowered in the transaction of their
    cause. `support_count` and `people_count` are figures of the last minute, refreshed by a job, because a
    counter shared by every support of a challenge would make supporters wait for one another.
    """

    __tablename__ = "challenges"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LENGTH))
    problem: Mapped[str] = mapped_column(Text, server_default="")
    learning_questions: Mapped[list[str]] = mapped_column(ARRAY(String(240)), server_default="{}")
    lead_institution: Mapped[str] = mapped_column(String(INSTITUTION_LENGTH), server_default="")
    partners: Mapped[list[str]] = mapped_column(ARRAY(String(INSTITUTION_LENGTH)), server_default="{}")
    links: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default="[]")
    sector: Mapped[str] = mapped_column(String(20), server_default="otro")
    territory_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    language: Mapped[str] = mapped_column(String(8), server_default="es")
    folded: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    reviews_guests: Mapped[bool] = mapped_column(server_default="false")
    demonstration: Mapped[bool] = mapped_column(server_default="false")
    idea_count: Mapped[int] = mapped_column(server_default="0")
    comment_count: Mapped[int] = mapped_column(server_default="0")
    support_count: Mapped[int] = mapped_column(server_default="0")
    people_count: Mapped[int] = mapped_column(server_default="0")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None] = mapped_column()

    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", "slug_plain"),
        CheckConstraint(f"length(problem) <= {PROBLEM_LENGTH}", "problem_length"),
        CheckConstraint(f"sector in ({_values(SECTORS)})", "sector_known"),
        CheckConstraint("idea_count >= 0 and comment_count >= 0", "counts_not_negative"),
        Index("ix_challenges_published", published_at.desc(), postgresql_where=published_at.is_not(None)),
    )


class Category(Base):
    """A heading under which contributions of one challenge are listed."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (UniqueConstraint("challenge_id", "name"),)


class PhasePeriod(Base):
    """When a phase of a challenge is planned to run, [starts_at, ends_at)."""

    __tablename__ = "phase_periods"

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), primary_key=True)
    phase: Mapped[str] = mapped_column(String(20), primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(f"phase in ({_values(Phase)})", "phase_known"),
        CheckConstraint("starts_at < ends_at", "in_order"),
        CheckConstraint(f"starts_at >= {FIRST_MOMENT} and ends_at < {FIRST_TOO_LATE}", "sensible_years"),
    )


class PhaseMove(Base):
    """A manual step: into a phase before or after its dates, back to an earlier one, or to closed (no phase)."""

    __tablename__ = "phase_moves"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), index=True)
    phase: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"phase is null or phase in ({_values(Phase)})", "phase_known"),
        CheckConstraint("length(reason) > 0", "reason_given"),
    )


class ActivityRule(Base):
    """What a challenge decides otherwise than `phases.DEFAULTS`: whether a phase allows an activity, and how
    surely somebody must be known for it. A row without a phase holds in all phases."""

    __tablename__ = "activity_rules"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    phase: Mapped[str | None] = mapped_column(String(20))
    activity: Mapped[str] = mapped_column(String(20))
    allowed: Mapped[bool | None]
    assurance: Mapped[int | None]

    __table_args__ = (
        CheckConstraint(f"phase is null or phase in ({_values(Phase)})", "phase_known"),
        CheckConstraint(f"activity in ({_values(Activity)})", "activity_known"),
        CheckConstraint("assurance between 0 and 3", "assurance_known"),
        CheckConstraint("allowed is not null or assurance is not null", "decides_something"),
        UniqueConstraint(
            "challenge_id",
            "phase",
            "activity",
            name="uq_activity_rules_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
