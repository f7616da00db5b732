"""What a finding, need or proposal adds to its contribution: the wide texts."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base

BODY_LENGTH = 4000
DATA_LENGTH = 400


class NeedType(StrEnum):
    DATA = "data"
    SERVICE = "service"
    PROCEDURE = "procedure"
    REGULATION = "regulation"
    OTHER = "other"


_TYPES = ", ".join(f"'{each}'" for each in NeedType)


class Idea(Base):
    """The text of an idea; for a need its type; for a need of data what, in which format and what for."""

    __tablename__ = "ideas"

    id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    need_type: Mapped[str | None] = mapped_column(String(12))
    data_what: Mapped[str] = mapped_column(String(DATA_LENGTH), server_default="")
    data_format: Mapped[str] = mapped_column(String(DATA_LENGTH), server_default="")
    data_purpose: Mapped[str] = mapped_column(String(DATA_LENGTH), server_default="")

    __table_args__ = (
        CheckConstraint(f"length(body) <= {BODY_LENGTH}", "body_length"),
        CheckConstraint(f"need_type in ({_TYPES})", "need_type_known"),
        CheckConstraint(
            "need_type = 'data' or (data_what = '' and data_format = '' and data_purpose = '')",
            "data_fields_of_data_needs",
        ),
    )
