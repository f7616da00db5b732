"""the job queue's own tables, from its installed library"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver's own cursor: the schema's text holds percent signs that are no parameters.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())


def downgrade() -> None:
    raise RuntimeError("the job queue is not taken down: restore a backup instead")
