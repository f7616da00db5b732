"""People, the roles they hold, the versions of the legal texts, and who agreed to which."""

from datetime import datetime

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
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.actors import Assurance, Role
from lab.core.db import Base

NAME_LENGTH = 80
EMAIL_LENGTH = 254
TEXT_TITLE_LENGTH = 160
TEXT_BODY_LENGTH = 40_000
LEGAL_KEYS = ("terms", "privacy", "consent", "notice")
_ROLES = ", ".join(f"'{role}'" for role in Role)
_KEYS = ", ".join(f"'{key}'" for key in LEGAL_KEYS)


class Person(Base):
    """Somebody who took part. A guest has a key instead of an address; an imported person has neither."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(NAME_LENGTH), server_default="")
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    guest_key: Mapped[str | None] = mapped_column(String(32), unique=True)
    assurance: Mapped[int] = mapped_column(server_default=str(int(Assurance.GUEST)))
    language: Mapped[str] = mapped_column(String(8), server_default="es")
    session_epoch: Mapped[int] = mapped_column(server_default="1")
    demonstration: Mapped[bool] = mapped_column(server_default="false")
    blocked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("assurance between 0 and 3", "assurance_known"),
        CheckConstraint("(email is null) = (password_hash is null)", "account_is_whole"),
        CheckConstraint("assurance = 0 or email is not null", "guest_without_email"),
        Index("uq_people_email_lower", func.lower(email), unique=True),
    )


class RoleGrant(Base):
    """A role for the whole lab (no challenge) or for one challenge. The foreign key names a higher table
    without importing its package: the database keeps the promise, the layers stay one-way."""

    __tablename__ = "role_grants"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"), index=True)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"role in ({_ROLES})", "role_known"),
        UniqueConstraint(
            "person_id",
            "role",
            "challenge_id",
            name="uq_role_grants_once",
            postgresql_nulls_not_distinct=True,
        ),
    )


class LegalText(Base):
    """One version of one legal text in one language. Versions are added, never changed."""

    __tablename__ = "legal_texts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(TEXT_TITLE_LENGTH))
    body: Mapped[str] = mapped_column(Text)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"key in ({_KEYS})", "key_known"),
        CheckConstraint(f"length(body) <= {TEXT_BODY_LENGTH}", "body_length"),
        UniqueConstraint("key", "language", "version"),
    )


class Consent(Base):
    """A person's agreement: to which text version, shown in which language, when."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    legal_text_id: Mapped[int] = mapped_column(ForeignKey("legal_texts.id"))
    language: Mapped[str] = mapped_column(String(8))
    given_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("person_id", "legal_text_id"),)
