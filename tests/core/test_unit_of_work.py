"""One transaction: everything or nothing, and never without a permission."""

import pytest
from sqlalchemy import func, insert, select, text

from lab.accounts.models import Person
from lab.accounts.permissions import AccountAction
from lab.core.actors import SYSTEM
from lab.core.db import NothingRequired, current_unit, database_now, db, unit_of_work
from lab.core.permissions import require

pytestmark = pytest.mark.usefixtures("app")


def join(name: str = "Vecina") -> None:
    require(SYSTEM, AccountAction.CREATE_PERSON)
    db.session.execute(insert(Person).values(display_name=name))


def people() -> int:
    return db.session.execute(select(func.count()).select_from(Person)).scalar_one()


def test_a_unit_is_committed_as_a_whole():
    with unit_of_work():
        join()
        join()
    assert people() == 2


def test_a_unit_in_which_nothing_was_required_is_not_committed():
    with pytest.raises(NothingRequired), unit_of_work():
        db.session.execute(insert(Person).values(display_name="Nadie"))
    assert people() == 0


def test_an_error_undoes_the_whole_unit():
    with pytest.raises(KeyError), unit_of_work():
        join()
        raise KeyError
    assert people() == 0


def test_a_unit_inside_a_unit_is_refused_and_undoes_the_outer():
    with pytest.raises(RuntimeError, match="already open"), unit_of_work():
        join()
        with unit_of_work():
            join()
    assert people() == 0


def test_after_an_error_the_next_unit_works():
    with pytest.raises(KeyError), unit_of_work():
        raise KeyError
    with unit_of_work():
        join()
    assert people() == 1


def test_outside_a_unit_there_is_none_to_join():
    with pytest.raises(RuntimeError, match="inside a unit of work"):
        current_unit()


def test_reading_outside_a_unit_leaves_no_transaction_open():
    people()
    own = text("select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in tr%'")
    with db.engine.connect() as other:
        assert other.execute(own).scalar_one() == 0


def test_a_unit_has_one_time_however_long_it_lasts():
    with unit_of_work():
        join()
        before = database_now()
        db.session.execute(text("select pg_sleep(0.002)"))
        assert database_now() == before
    assert database_now() > before
