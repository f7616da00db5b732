"""the nine departments and 343 units of municipal level

The table beside this file is part of the migration, folded names included: it never changes again. What changes
in the country, or in `lab.core.text.fold`, is a migration of its own.
"""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCE = Path(__file__).with_suffix(".csv")


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
        "folded": record["folded"],
        "department_code": record["code"][:2],
        "province": record["province"],
        "government": record["government"],
    }
