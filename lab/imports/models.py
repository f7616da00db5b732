"""Imports and the key under which the source knew each thing."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base

INSTANCE_LENGTH = 200
LICENCE_LENGTH = 200


class Entity(StrEnum):
    PERSON = "person"
    STATEMENT = "statement"


_ENTITIES = ", ".join(f"'{each}'" for each in Entity)


class Import(Base):
    """One conversation brought into one challenge. `instance` says which conversation of the source it is.

    The row outlives its challenge: an import that made its challenge takes it along when undone, and the
    record of both stays.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    instance: Mapped[str] = mapped_column(String(INSTANCE_LENGTH))
    licence: Mapped[str] = mapped_column(String(LICENCE_LENGTH), server_default="")
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id", ondelete="SET NULL"), index=True)
    challenge_slug: Mapped[str] = mapped_column(String(80))
    made_challenge: Mapped[bool] = mapped_column(server_default="false")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_imports_standing",
            "source",
            "instance",
            "challenge_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )


class ImportedItem(Base):
    """The source's key of a stored person or contribution: what makes a second run store nothing."""

    __tablename__ = "imported_items"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    entity: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    object_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint(f"entity in ({_ENTITIES})", "entity_known"),)
