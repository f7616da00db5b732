"""The engine behind every table: default deny, the best explanation, and a note of what was asked."""

from enum import StrEnum

import pytest

from lab.core import permissions
from lab.core.actors import SYSTEM, Actor, Assurance, Role
from lab.core.db import NothingRequired, unit_of_work
from lab.core.errors import NotAllowed, WrongPhase
from lab.core.permissions import can, declare, is_system, predicate, refuse_unless, require, signed_in, why_not

MEMBER = Actor(person_id=1, assurance=Assurance.ACCOUNT)


class Deed(StrEnum):
    DONE = "deed.done"
    UNKNOWN = "deed.unknown"


@predicate("no phase", WrongPhase)
def in_season(_actor, subject):
    return bool(subject)


@pytest.fixture(autouse=True)
def _table(monkeypatch):
    monkeypatch.setattr(permissions, "_rules", {})
    declare({Deed.DONE: [[signed_in, in_season], [is_system]]})


def test_what_is_in_no_table_is_refused_to_everybody():
    assert not can(SYSTEM, Deed.UNKNOWN)
    assert not can(MEMBER, Deed.UNKNOWN)


def test_one_whole_alternative_is_enough():
    assert can(MEMBER, Deed.DONE, subject=True)
    assert can(SYSTEM, Deed.DONE, subject=False)


def test_a_part_of_an_alternative_is_not():
    assert not can(MEMBER, Deed.DONE, subject=False)
    assert not can(Actor(), Deed.DONE, subject=True)


def test_the_alternative_that_gets_furthest_explains():
    assert why_not(MEMBER, Deed.DONE, subject=False) is in_season
    assert why_not(Actor(), Deed.DONE, subject=False) is signed_in


def test_what_is_asked_later_may_be_left_out_of_account():
    assert why_not(MEMBER, Deed.DONE, subject=False, apart_from=in_season) is None
    assert why_not(Actor(), Deed.DONE, subject=False, apart_from=in_season) is signed_in


def test_a_door_refuses_with_the_error_of_the_predicate():
    refuse_unless(MEMBER, Deed.DONE, True)
    refuse_unless(MEMBER, Deed.DONE, False, apart_from=in_season)
    with pytest.raises(WrongPhase):
        refuse_unless(MEMBER, Deed.DONE, False)


def test_require_refuses_with_the_error_of_the_predicate(app):
    with pytest.raises(WrongPhase), unit_of_work():
        require(MEMBER, Deed.DONE, False)
    with pytest.raises(NotAllowed), unit_of_work():
        require(Actor(), Deed.DONE, True)


def test_require_notes_what_was_permitted(app):
    with unit_of_work() as unit:
        require(MEMBER, Deed.DONE, True)
        assert unit.required == {Deed.DONE}


def test_asking_whether_somebody_may_is_no_permission_to_write(app):
    with pytest.raises(NothingRequired), unit_of_work():
        can(MEMBER, Deed.DONE, True)


def test_a_role_for_one_challenge_holds_there_only():
    local = Actor(grants=frozenset({(Role.MODERATOR, 7)}))
    assert local.has_role(Role.MODERATOR, 7)
    assert not local.has_role(Role.MODERATOR, 8)
    assert not local.has_role(Role.MODERATOR)
    assert not local.has_role(Role.FACILITATOR, 7)


def test_an_administrator_of_the_lab_holds_every_role():
    head = Actor(grants=frozenset({(Role.ADMINISTRATOR, None)}))
    assert all(head.has_role(role, 7) for role in Role)
