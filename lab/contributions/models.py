"""The narrow table of contributions, their versions and the documents that search reads."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base

TITLE_LENGTH = 160
KEY_LENGTH = 64
DIGEST_LENGTH = 32
# Knuth's multiplicative hashing with the golden ratio: consecutive ids fall evenly over the ring [0, 2^32).
SHUFFLE_FACTOR = 2654435769
SHUFFLE_RING = 2**32


class Kind(StrEnum):
    FINDING = "finding"
    NEED = "need"
    PROPOSAL = "proposal"
    COMMENT = "comment"


class State(StrEnum):
    DRAFT = "draft"
    HELD = "held"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    WEB = "web"
    IMPORT = "import"


IDEA_KINDS = (Kind.FINDING, Kind.NEED, Kind.PROPOSAL)


def _values(enum: Any) -> str:
    return ", ".join(f"'{each}'" for each in enum)


class Contribution(Base):
    """One contribution of any kind. `shuffle` is its place on the ring of the fair random order."""

    __tablename__ = "contributions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH), server_default="")
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(12), server_default=Channel.WEB)
    language: Mapped[str] = mapped_column(String(8), server_default="es")
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="SET NULL"))
    territory_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    support: Mapped[int] = mapped_column(server_default="0")
    comment_count: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")
    idempotency_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    # Of all that was sent with the key: what tells a repeated sending from another text under the same key.
    digest: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shuffle: Mapped[int] = mapped_column(
        BigInteger, Computed(f"mod(id * {SHUFFLE_FACTOR}, {SHUFFLE_RING})", persisted=True)
    )

    __table_args__ = (
        CheckConstraint(f"kind in ({_values(Kind)})", "kind_known"),
        CheckConstraint(f"state in ({_values(State)})", "state_known"),
        CheckConstraint(f"channel in ({_values(Channel)})", "channel_known"),
        CheckConstraint("support >= 0 and comment_count >= 0", "counts_not_negative"),
        CheckConstraint("(state = 'published') <= (published_at is not null)", "published_has_date"),
        UniqueConstraint("author_id", "idempotency_key"),
        Index("ix_contributions_author", "author_id"),
        Index("ix_contributions_category", "category_id", postgresql_where=text("category_id is not null")),
        Index("ix_contributions_import", "import_id", postgresql_where=text("import_id is not null")),
        Index("ix_contributions_held", "challenge_id", "id", postgresql_where=text("state = 'held'")),
    )


_LISTED = text("state = 'published' and kind <> 'comment'")
for _order, _columns in {
    "date": ("published_at", "id"),
    "support": ("support", "id"),
    "discussion": ("comment_count", "id"),
}.items():
    Index(
        f"ix_contributions_{_order}",
        Contribution.challenge_id,
        *(getattr(Contribution, name).desc() for name in _columns),
        postgresql_where=_LISTED,
    )
    Index(
        f"ix_contributions_category_{_order}",
        Contribution.challenge_id,
        Contribution.category_id,
        *(getattr(Contribution, name).desc() for name in _columns),
        postgresql_where=_LISTED,
    )
Index("ix_contributions_shuffle", Contribution.challenge_id, Contribution.shuffle, postgresql_where=_LISTED)


class ContributionVersion(Base):
    """The text as it stood in one version: `fields` holds what the kind adds (body, type of need, …).

    `was_public`: it could be read by everybody at some time. What was taken out before that stays the author's.
    """

    __tablename__ = "contribution_versions"

    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH), server_default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    edited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    was_public: Mapped[bool] = mapped_column(server_default="false")


class SearchDocument(Base):
    """What search reads of a published contribution: the folded words. No row, not found."""

    __tablename__ = "search_documents"

    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(BigInteger)
    folded: Mapped[str] = mapped_column(Text)
    document: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('spanish'::regconfig, folded)", persisted=True)
    )

    __table_args__ = (Index("ix_search_documents_document", "document", postgresql_using="gin"),)
