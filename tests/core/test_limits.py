"""Limits hold whatever becomes of Redis: each route keeps its own."""

import pytest

from lab.core import limits
from tests import servers

ALLOWED = 10  # sign-ins an account and minute


@pytest.fixture(autouse=True)
def _limiter_as_before():
    """The limiter is one for all programs: whatever it learns here it forgets."""
    kept = dict(vars(limits.limiter))
    yield
    vars(limits.limiter).update(kept)


@pytest.fixture
def lost_redis():
    """The address of a Redis that answered once and is gone."""
    with servers.redis() as url:
        pass
    return url


def tried(visitor, email: str, times: int) -> list[int]:
    form = {"email": email, "password": "no es esta", "csrf_token": visitor.token()}
    return [visitor.post("/account/sign-in", data=form).status_code for _ in range(times)]


def test_sign_ins_are_counted_in_redis(rehearsal, redis_url):
    here, elsewhere = rehearsal(redis_url=redis_url), rehearsal(redis_url=redis_url)
    assert 429 not in tried(here, "autora@example.org", ALLOWED)
    assert tried(elsewhere, "autora@example.org", 1) == [429]


def test_sign_ins_of_an_account_stay_limited_while_redis_is_away(rehearsal, lost_redis):
    visitor = rehearsal(redis_url=lost_redis)
    *before, last = tried(visitor, "autora@example.org", ALLOWED + 1)
    assert set(before) == {200}
    assert last == 429
    assert tried(visitor, "vecino@example.org", 1) == [200]
