"""A comment is a contribution with a text, a target and a place in its thread."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base

BODY_LENGTH = 4000
DEPTH_LIMIT = 20


class Comment(Base):
    """`target_id` is what the thread discusses, `root_id` its first comment (itself when top level).

    `below` counts the public comments anywhere under this one: whether a gone comment still keeps a place, and
    whether a thread goes on where its drawing ends, is read from the row itself.
    """

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"), primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("contributions.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    root_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE", deferrable=True), index=True)
    depth: Mapped[int] = mapped_column(server_default="0")
    below: Mapped[int] = mapped_column(server_default="0")
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(f"length(body) between 1 and {BODY_LENGTH}", "body_length"),
        CheckConstraint(f"depth between 0 and {DEPTH_LIMIT}", "depth_limit"),
        CheckConstraint("below >= 0", "below_not_negative"),
        CheckConstraint("(parent_id is null) = (depth = 0)", "top_level_has_no_parent"),
        CheckConstraint("(parent_id is null) = (root_id = id)", "top_level_is_its_root"),
        Index("ix_comments_parent", "parent_id", "id", postgresql_where=text("parent_id is not null")),
        Index("ix_comments_target", "target_id", "depth", "id"),
    )
