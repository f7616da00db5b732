"""Imports and the key under which the source knew each thing."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base


class Import(Base):
    """One archive brought into one challenge. `instance` says which conversation of the source it is."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    instance: Mapped[str] = mapped_column(String(200))
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), index=True)
    made_challenge: Mapped[bool] = mapped_column(server_default="false")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
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

    __table_args__ = (CheckConstraint("entity in ('person', 'statement')", "entity_known"),)
