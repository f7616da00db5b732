"""the nine departments and 343 units of municipal level"""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from lab.core.text import fold

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCE = Path(__file__).resolve().parents[2] / "lab" / "challenges" / "territories.csv"


def upgrade() -> None:
    territories = sa.table(
        "territories",
        *(sa.column(name) for name in ("code", "kind", "name", "folded", "department_code", "province", "government")),
    )
    with SOURCE.open(encoding="utf-8", newline="") as file:
        op.bulk_insert(territories, [_row(record) for record in csv.DictReader(file)])


def downgrade() -> None:
    op.execute("delete from territories")


def _row(record: dict[str, str]) -> dict[str, str]:
    return {
        "code": record["code"],
        "kind": record["kind"],
        "name": record["name"],
        "folded": fold(record["name"]),
        "department_code": record["code"][:2],
        "province": record["province"],
        "government": record["government"],
    }
