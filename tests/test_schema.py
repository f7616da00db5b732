"""The schema that the migrations made is the one the models declare, promise by promise."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from lab.core import migrate
from lab.core.db import Base, db

FOREIGN = ("procrastinate_", "alembic_version")
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


def test_migrations_run_from_nothing_and_again_do_nothing(app, own_database):
    assert migrate.pending(own_database)
    migrate.upgrade(own_database)
    assert not migrate.pending(own_database)
    migrate.upgrade(own_database)


def test_every_cascade_has_an_index_to_go_by(app):
    """Without one, deleting a row reads the whole table that points at it."""
    unindexed = text("""
        select c.conrelid::regclass || '.' || a.attname from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confdeltype = 'c' and c.connamespace = 'public'::regnamespace
          and not exists (select 1 from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])
    """)
    with db.engine.connect() as connection:
        assert list(connection.execute(unindexed).scalars()) == []


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
