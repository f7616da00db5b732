"""Random histories of a ballot against a model of a few lines: whatever people do, the totals agree."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from lab.core.actors import Role
from lab.core.db import db, unit_of_work
from lab.core.errors import Conflict, WrongPhase
from lab.ideas.operations import IdeaText, edit_idea
from lab.ideas.queries import get_visible_idea
from lab.votes.methods import METHODS, agreement
from lab.votes.models import Cast, Method
from lab.votes.queries import list_miscounted
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea, hide, restore
from tests.factories.people import a_staff_member
from tests.factories.votes import a_ballot, support, the_ballot, withdraw_support

PEOPLE, OPTIONS = range(3), range(3)
DAY = timedelta(days=1)
STEPS = some.one_of(
    some.tuples(some.just("support"), some.sampled_from(PEOPLE), some.sampled_from(OPTIONS)),
    some.tuples(some.just("withdraw"), some.sampled_from(PEOPLE), some.sampled_from(OPTIONS)),
    some.tuples(some.just("edit"), some.sampled_from(OPTIONS)),
    some.tuples(some.sampled_from(["hide", "restore"]), some.sampled_from(OPTIONS)),
    some.tuples(some.just("limit"), some.sampled_from([None, 1, 2])),
    some.tuples(some.just("window"), some.booleans()),
)


@dataclass
class Model:
    """What a ballot promises, in its shortest form. `casts` keeps the version each support was given to."""

    casts: dict[tuple[int, int], int] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=lambda: dict.fromkeys(OPTIONS, 1))
    limit: int | None = None
    open: bool = True
    hidden: set[int] = field(default_factory=set)

    def support(self, person: int, option: int) -> type[Exception] | int:
        used = sum(holder == person and given not in self.hidden for holder, given in self.casts)
        if not self.open:
            return WrongPhase
        if option in self.hidden:
            return Conflict
        if (person, option) not in self.casts:
            if self.limit is not None and used >= self.limit:
                return Conflict
            self.casts[person, option] = self.versions[option]
        return self.total(option)

    def withdraw(self, person: int, option: int) -> type[Exception] | int:
        if not self.open:
            return WrongPhase
        self.casts.pop((person, option), None)
        return self.total(option)

    def total(self, option: int) -> int:
        return sum(chosen == option for _, chosen in self.casts)


class Stage:
    """The same history in the program."""

    def __init__(self, people, author) -> None:
        self.people, self.author = people, author
        self.moderator = a_staff_member(Role.MODERATOR)
        self.challenge = a_challenge()
        self.ideas = [an_idea(self.challenge, author).id for _ in OPTIONS]
        self.terms: dict[str, object] = {}

    def support(self, person: int, option: int) -> type[Exception] | int:
        return self._told(support, person, option)

    def withdraw(self, person: int, option: int) -> type[Exception] | int:
        return self._told(withdraw_support, person, option)

    def hide(self, option: int) -> None:
        hide(self.moderator, self.ideas[option])

    def restore(self, option: int) -> None:
        restore(self.moderator, self.ideas[option])

    def edit(self, option: int) -> None:
        idea = get_visible_idea(self.author, self.ideas[option])
        with unit_of_work():
            edit_idea(self.author, idea, IdeaText(idea.title, idea.body + "."))

    def set(self, **terms: object) -> None:
        self.terms |= terms
        a_ballot(self.challenge, **self.terms)

    def stored(self) -> dict[tuple[int, int], int]:
        query = select(Cast).where(Cast.ballot_id == the_ballot(self.challenge).id)
        people = {actor.person_id: number for number, actor in enumerate(self.people)}
        rows = db.session.execute(query.execution_options(populate_existing=True)).scalars()
        return {(people[row.person_id], self.ideas.index(row.option_id)): row.version for row in rows}

    def _told(self, deed, person: int, option: int) -> type[Exception] | int:
        actor = self.people[person]
        try:
            return deed(actor, get_visible_idea(self.author, self.ideas[option])).support
        except (WrongPhase, Conflict) as refusal:
            return type(refusal)


def play(step: tuple, model: Model, stage: Stage) -> None:
    """One step in both; what is answered must be the same."""
    match step:
        case ("support" | "withdraw" as deed, person, option):
            assert getattr(stage, deed)(person, option) == getattr(model, deed)(person, option)
        case ("hide", option):
            stage.hide(option)
            model.hidden.add(option)
        case ("restore", option):
            stage.restore(option)
            model.hidden.discard(option)
        case ("edit", option) if option not in model.hidden:
            stage.edit(option)
            model.versions[option] += 1
        case ("limit", limit):
            stage.set(maximum=limit)
            model.limit = limit
        case ("window", is_open):
            stage.set(closes_at=None if is_open else datetime.now(UTC) - DAY)
            model.open = is_open


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(STEPS, min_size=5, max_size=25))
@example(steps=[("limit", 1), ("support", 0, 0), ("hide", 0), ("support", 0, 1), ("restore", 0), ("support", 0, 2)])
@example(steps=[("support", 0, 0), ("hide", 0), ("limit", 1), ("support", 0, 1), ("withdraw", 0, 0), ("support", 0, 2)])
def test_any_history_of_a_ballot_agrees_with_the_model(member, guest, analyst, author, steps):
    model, stage = Model(), Stage([member, guest, analyst], author)
    for step in steps:
        play(step, model, stage)
    assert stage.stored() == model.casts
    totals = [get_visible_idea(author, number).support for number in stage.ideas]
    assert totals == [model.total(option) for option in OPTIONS]
    assert list_miscounted() == []


@pytest.mark.parametrize("method", Method)
@given(values=some.lists(some.sampled_from([None, -1, 0, 1])))
def test_the_changes_of_a_method_add_up_to_its_last_value(method, values):
    valid = [value for value in values if value is None or METHODS[method].is_valid(value)]
    tallies: dict[int, int] = {}
    for before, after in zip([None, *valid], valid, strict=False):
        for value, step in METHODS[method].change(before, after).items():
            tallies[value] = tallies.get(value, 0) + step
    last = valid[-1] if valid else None
    assert {value: count for value, count in tallies.items() if count} == ({} if last is None else {last: 1})


def test_an_agreement_shows_three_shares():
    assert agreement.result({1: 5, -1: 2}) == {"agree": 5, "disagree": 2, "pass": 0}
