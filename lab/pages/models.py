"""What an installation remembers about its demonstration content."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from lab.core.db import Base


class DemonstrationRemoval(Base):
    """Somebody took the demonstration away: no start brings it back by itself."""

    __tablename__ = "demonstration_removals"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    removed_at: Mapped[datetime] = mapped_column(server_default=func.now())
