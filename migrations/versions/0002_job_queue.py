"""the job queue's own tables, from its installed library

Which is procrastinate 3.10.0. At an upgrade of the library whose scripts (its `sql/migrations`) change the schema,
two things are to be done together, so that a database made before and one made after end equal:
  - name the new version in `LIBRARY_VERSION` here: a new database gets the newer schema as a whole;
  - add a migration that runs those scripts on a database made before, which it knows by what they add.
Where they change nothing, the first is enough.
"""

from alembic import op
from procrastinate import __version__
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIBRARY_VERSION = "3.10.0"


def upgrade() -> None:
    if __version__ != LIBRARY_VERSION:
        raise RuntimeError(
            f"the job queue's schema was taken from procrastinate {LIBRARY_VERSION}, and {__version__} is installed: "
            "migrations/versions/0002_job_queue.py says what an upgrade needs"
        )
    # The driver's own cursor: the schema's text holds percent signs that are no parameters.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())


def downgrade() -> None:
    raise RuntimeError("the job queue is not taken down: restore a backup instead")
