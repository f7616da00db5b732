"""The schema that the migrations made is the one the models declare, promise by promise."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import procrastinate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from lab.core import migrate
from lab.core.db import Base, db
from lab.core.text import fold

FOREIGN = ("procrastinate_", "alembic_version")
# Tables from which nothing is ever deleted, and those that stay too short for an index to be used.
LASTING = ["territories", "legal_texts"]
SHORT = {"challenges", "phase_moves", "role_grants", "legal_texts", "imports"}
CONSTRAINTS = text("""
    select conrelid::regclass::text as place, conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0
""")
INDEXES = text("select tablename as place, indexname, indexdef from pg_indexes where schemaname = 'public'")
COLUMNS = text("""
    select c.relname as place, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
      a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
""")


def facts(connection: Connection, query) -> set[tuple[object, ...]]:
    rows = (tuple(row) for row in connection.execute(query))
    return {row for row in rows if not str(row[0]).startswith(FOREIGN)}


@pytest.fixture
def declared(own_database: str) -> Iterator[Engine]:
    """A database made from the models alone, to compare with: no other test has one."""
    engine = create_engine(own_database, poolclass=NullPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_autogenerate_finds_nothing_to_migrate(app):
    def ours(name, kind, _parents):
        return kind != "table" or not (name or "").startswith(FOREIGN)

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("query", [CONSTRAINTS, INDEXES, COLUMNS], ids=["constraints", "indexes", "columns"])
def test_every_promise_of_the_models_stands_in_the_migrated_database(app, declared, query):
    with db.engine.connect() as migrated, declared.connect() as fresh:
        stands, promised = facts(migrated, query), facts(fresh, query)
    assert sorted(stands - promised, key=str) == []
    assert sorted(promised - stands, key=str) == []


def test_the_job_queues_schema_is_of_the_installed_library():
    """When this fails the library was upgraded: migrations/versions/0002_job_queue.py says the two things to do."""
    queue = Path(__file__).parents[1] / "migrations" / "versions" / "0002_job_queue.py"
    assert runpy.run_path(str(queue))["LIBRARY_VERSION"] == procrastinate.__version__


def test_places_are_folded_as_searches_are(app):
    """When this fails the folding changed: a migration has to fold the stored names again."""
    with db.engine.connect() as connection:
        rows = connection.execute(text("select name, folded from territories")).all()
    assert len(rows) == 352
    assert [row.name for row in rows if row.folded != fold(row.name)] == []


def test_migrations_take_nothing_from_the_program_that_changes():
    """What a migration does today it does next year: it reads no file of `lab/` and calls none of its functions."""
    versions = Path(__file__).parents[1] / "migrations" / "versions"
    assert [
        path.name for path in versions.glob("*.py") if re.search(r"(from|import) lab\b|\"lab\"", path.read_text())
    ] == []


def test_migrations_run_from_nothing_and_again_do_nothing(app, own_database):
    assert migrate.pending(own_database)
    migrate.upgrade(own_database)
    assert not migrate.pending(own_database)
    migrate.upgrade(own_database)


def test_every_deletion_has_an_index_to_go_by(app):
    """Without one, deleting a row reads the whole table that points at it, which may be long."""
    unindexed = text("""
        select c.conrelid::regclass::text, a.attname from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.connamespace = 'public'::regnamespace
          and c.confrelid::regclass::text <> all(:lasting)
          and not exists (select 1 from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])
    """)
    with db.engine.connect() as connection:
        found = connection.execute(unindexed, {"lasting": LASTING})
        assert [(table, column) for table, column in found if table not in SHORT] == []


@pytest.mark.parametrize(
    "statement",
    [
        "insert into people (assurance) values (9)",
        "insert into people (assurance) values (1)",
        "insert into people (email) values ('a@example.org')",
        "insert into challenges (slug, title, summary) values ('Con Espacios', 't', 's')",
        "insert into challenges (slug, title, summary, sector) values ('a', 't', 's', 'x')",
        "insert into challenges (slug, title, summary, idea_count) values ('a', 't', 's', -1)",
        "insert into territories (code, kind, name, folded, department_code) values ('x', 'department', 'a', 'a', 'x')",
    ],
)
def test_the_database_itself_refuses_what_cannot_be(app, statement):
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "insert into phase_periods values (0, 'mapping', '2026-01-01', '10000-01-01')",
        "insert into phase_periods values (0, 'mapping', '1999-12-31', '2026-01-01')",
        "insert into ballots (challenge_id, purpose, closes_at) values (0, 'ideas', '2101-01-02')",
        "insert into ballots (challenge_id, purpose, opens_at) values (0, 'ideas', '1999-12-31')",
    ],
)
def test_the_database_itself_refuses_years_that_nobody_means(app, statement):
    """A later one than Python knows would break every page that reads it."""
    with pytest.raises(IntegrityError, match="sensible_year"), db.engine.begin() as connection:
        connection.execute(text(statement))
