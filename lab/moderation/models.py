"""What moderators did, to which contribution, and why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, String, func
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base

REASON_LENGTH = 600


class Act(StrEnum):
    HIDE = "hide"
    RESTORE = "restore"
    RELEASE = "release"


_ACTS = ", ".join(f"'{each}'" for each in Act)


class ModerationAct(Base):
    """One act. Rows are added, never changed: together they are the history of a contribution's moderation."""

    __tablename__ = "moderation_acts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), server_default="")
    acted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    acted_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(f"act in ({_ACTS})", "act_known"),
        CheckConstraint("act <> 'hide' or length(reason) > 0", "hiding_has_reason"),
    )
