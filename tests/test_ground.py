"""The ground of the tests themselves: nothing leaves this machine, nothing is left over from the test before."""

import socket

import pytest
import redis
from sqlalchemy import func, select, text

from lab.accounts.models import LegalText, Person
from lab.challenges.models import Territory
from lab.core.db import db
from tests.factories.people import a_person
from tests.network import NetworkForbidden
from tests.servers import unused_port


def rows(model: type) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80), ("lab.example", 443)])
def test_a_connection_beyond_this_machine_is_refused(address):
    with pytest.raises(NetworkForbidden):
        socket.create_connection(address, timeout=1)


def test_a_connection_to_this_machine_is_allowed():
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", unused_port()), timeout=1)


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_empty_tables_with_places_and_legal_texts(app, turn):
    assert (rows(Person), rows(LegalText)) == (0, 8)
    assert rows(Territory) == 352
    a_person()
    with db.engine.begin() as connection:
        connection.execute(
            text("insert into legal_texts (key, language, version, title, body) values ('terms', 'es', 2, 't', 'b')")
        )


def test_a_real_redis_answers(redis_url):
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.ping()
