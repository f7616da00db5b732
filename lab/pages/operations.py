"""The demonstration content: brought by the operations that people use, each in the stage of its own day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.accounts.models import Person
from lab.challenges import operations as challenges
from lab.challenges.phases import Activity, Override, Period, Phase, current_stage
from lab.challenges.queries import ChallengeView, find_challenge_id, get_visible_challenge_by_id
from lab.comments import operations as comments
from lab.comments.queries import CommentView, get_visible_comment
from lab.contributions.models import Kind
from lab.core.actors import SYSTEM, Actor, Assurance
from lab.core.dates import local_day, midnight
from lab.core.db import db
from lab.core.permissions import require
from lab.ideas import operations as ideas
from lab.ideas.models import NeedType
from lab.ideas.queries import IdeaView, get_visible_idea
from lab.moderation import operations as moderation
from lab.moderation.queries import get_moderated
from lab.pages import queries
from lab.pages.models import DemonstrationRemoval
from lab.pages.permissions import PageAction
from lab.pages.queries import Table
from lab.votes.models import Cast, Purpose
from lab.votes.operations import refresh_figures
from lab.votes.queries import get_running_ballot

SUPPORTERS = 64
SUPPORTER_NAME = "Participante de demostración"
DAY = timedelta(days=1)
# How far apart the things of one day are: an answer comes after what it answers.
PACE = timedelta(minutes=7)
# Coprime with the number of supporters, so that their turns are spread over all contributions.
STRIDE = 23


@dataclass(frozen=True)
class Happened:
    """A contribution brought in, when it is said to have come, how many support it, and when it left the public."""

    contribution_id: int
    purpose: Purpose
    at: datetime
    supports: int
    left_at: datetime | None = None


@dataclass
class Arrival:
    """One challenge on its way in, with everybody who acts in it and what has happened so far."""

    challenge: ChallengeView
    people: Mapping[str, Actor]
    now: datetime
    happened: list[Happened] = field(default_factory=list)

    def moment(self, days_ago: int) -> datetime:
        """Some time on that day, later than everything of the same day so far."""
        return min(self.now - days_ago * DAY + PACE * len(self.happened), self.now - timedelta(minutes=1))

    def stands_at(self, moment: datetime) -> ChallengeView:
        """The challenge as it stood then: what a phase of the past allowed is refused today."""
        return replace(self.challenge, stage=current_stage(moment, self.challenge.stage.periods, ()))

    def next_key(self) -> str:
        return f"demo:{self.challenge.id}:{len(self.happened)}"


def load_demonstration(actor: Actor, now: datetime) -> list[str]:
    """Brings the demonstration challenges that are not there yet and returns their addresses; twice is once.

    Its people are marked as demonstration and its days are counted backwards from `now`. The tallies equal a
    recount. Publishes what the operations of people publish.
    """
    require(actor, PageAction.LOAD_DEMO)
    missing = [table for table in queries.list_demo_challenges() if find_challenge_id(table["slug"]) is None]
    if not missing:
        return []
    people = {person["key"]: person["display_name"] for person in queries.list_demo_people()}
    actors = _store_people(people)
    supporters = _store_people({f"supporter-{number}": SUPPORTER_NAME for number in range(SUPPORTERS)})
    for table in missing:
        arrival = Arrival(_open_challenge(table, now), actors, now)
        _contribute_all(arrival, table)
        _support(arrival, list(supporters.values()))
        _date(arrival)
    refresh_figures(SYSTEM)
    return [table["slug"] for table in missing]


def remove_demonstration(actor: Actor) -> int:
    """Deletes the demonstration challenges with all that anybody added to them, and their people; returns how many.

    It is remembered: no later start brings them back by itself.
    """
    require(actor, PageAction.LOAD_DEMO)
    db.session.execute(insert(DemonstrationRemoval))
    return challenges.remove_demonstration(actor)


def _store_people(names: Mapping[str, str]) -> dict[str, Actor]:
    """People by key, as who agreed to the terms: their consent is not recorded, because nobody gave it."""
    rows = [{"guest_key": f"demo-{key}", "display_name": name, "demonstration": True} for key, name in names.items()]
    statement = upsert(Person).values(rows)
    kept = statement.on_conflict_do_update(
        index_elements=[Person.guest_key], set_={"display_name": statement.excluded.display_name}
    ).returning(Person.guest_key, Person.id, Person.display_name)
    stored = {row.guest_key: row for row in db.session.execute(kept)}
    found = {key: stored[f"demo-{key}"] for key in names}
    return {key: Actor(row.id, row.guest_key, row.display_name, consented=True) for key, row in found.items()}


def _open_challenge(table: Table, now: datetime) -> ChallengeView:
    written = challenges.ChallengeText(
        title=table["title"],
        summary=table["summary"],
        problem=table["problem"].strip(),
        learning_questions=table["learning_questions"],
        lead_institution=table["lead_institution"],
        partners=table["partners"],
        links=table["links"],
        sector=table["sector"],
        territory_code=table["territory"],
        demonstration=True,
        categories=[category["name"] for category in table["categories"]],
    )
    draft = challenges.create_challenge(SYSTEM, table["slug"], written)
    challenges.plan_phases(SYSTEM, draft, list(_periods(table, now)))
    if not table["guests_allowed"]:
        accounts_only = [Override(activity, None, None, Assurance.ACCOUNT) for activity in Activity]
        challenges.set_rules(SYSTEM, draft, accounts_only)
    challenges.publish_challenge(SYSTEM, get_visible_challenge_by_id(SYSTEM, draft.id))
    return get_visible_challenge_by_id(SYSTEM, draft.id)


def _periods(table: Table, now: datetime) -> Iterator[Period]:
    """Phases from midnight to midnight, so that a facilitator who edits them meets round dates."""
    for each in table["phases"]:
        first, last = (midnight(local_day(now) + each[edge] * DAY) for edge in ("start", "end"))
        yield Period(Phase(each["phase"]), first, last)


def _contribute_all(arrival: Arrival, table: Table) -> None:
    names = {category["key"]: category["name"] for category in table["categories"]}
    ids = {category.name: category.id for category in arrival.challenge.categories}
    for each in sorted(table["contributions"], key=lambda one: -int(one["days_ago"])):
        _contribute(arrival, each, ids[names[each["category"]]])


def _contribute(arrival: Arrival, table: Table, category_id: int) -> None:
    """Proposes an idea, discusses it and, where the table says so, hides or withdraws it."""
    at, author = arrival.moment(table["days_ago"]), arrival.people[table["author"]]
    proposal = ideas.Proposal(arrival.stands_at(at), Kind(table["kind"]))
    stored = ideas.propose_idea(author, proposal, _idea_text(table, category_id), arrival.next_key())
    left_at = _left_at(arrival, table)
    arrival.happened.append(Happened(stored.id, Purpose.IDEAS, at, table["supports"], left_at))
    idea = get_visible_idea(author, stored.id)
    for each in table.get("comments", ()):
        _comment(arrival, idea, each, None)
    if table.get("state") == "withdrawn":
        ideas.withdraw_idea(author, idea)
    elif table.get("state") == "hidden":
        moderation.hide(SYSTEM, get_moderated(SYSTEM, stored.id), table["reason"])


def _idea_text(table: Table, category_id: int) -> ideas.IdeaText:
    data = table.get("data", {})
    return ideas.IdeaText(
        title=table["title"],
        body=table["body"].strip(),
        need_type=NeedType(table["need_type"]) if "need_type" in table else None,
        data_what=data.get("what", ""),
        data_format=data.get("format", ""),
        data_purpose=data.get("purpose", ""),
        category_id=category_id,
        territory_code=table["territory"],
    )


def _left_at(arrival: Arrival, table: Table) -> datetime | None:
    if "state" not in table:
        return None
    days_ago: int = table.get(f"{table['state']}_days_ago", table["days_ago"] - 1)
    return arrival.now - days_ago * DAY


def _comment(arrival: Arrival, idea: IdeaView, table: Table, parent: CommentView | None) -> None:
    """A comment with its answers, however deep."""
    at, author = arrival.moment(table["days_ago"]), arrival.people[table["author"]]
    target = replace(idea, challenge=arrival.stands_at(at))
    written = comments.CommentText(table["text"], parent=parent)
    stored = comments.write_comment(author, target, written, arrival.next_key())
    arrival.happened.append(Happened(stored.id, Purpose.COMMENTS, at, table.get("supports", 0)))
    replies = table.get("replies", ())
    here = get_visible_comment(author, stored.id) if replies else None
    for each in replies:
        _comment(arrival, idea, each, here)


def _support(arrival: Arrival, supporters: list[Actor]) -> None:
    """All supports at once, and the counters from a recount: one by one they would take most of the time."""
    challenge_id = arrival.challenge.id
    ballots = {purpose: get_running_ballot(challenge_id, purpose).id for purpose in (Purpose.IDEAS, Purpose.COMMENTS)}
    rows = [
        _cast(happened, ballots[happened.purpose], supporters[(turn * STRIDE + number) % SUPPORTERS], moment)
        for turn, happened in enumerate(arrival.happened)
        for number, moment in enumerate(_spread(happened, arrival.now))
    ]
    db.session.execute(insert(Cast), rows)
    recount = text("""
        update contributions set support = (select count(*) from casts where option_id = contributions.id)
        where challenge_id = :id
    """)
    db.session.execute(recount, {"id": challenge_id})


def _cast(happened: Happened, ballot_id: int, supporter: Actor, moment: datetime) -> dict[str, Any]:
    return {
        "ballot_id": ballot_id,
        "option_id": happened.contribution_id,
        "person_id": supporter.person_id,
        "value": 1,
        "version": 1,
        "channel": "web",
        "cast_at": moment,
    }


def _spread(happened: Happened, now: datetime) -> Iterator[datetime]:
    """One moment for each support, evenly between the contribution and the day it left, or today."""
    span = (happened.left_at or now) - happened.at
    return (happened.at + span * (number + 1) / (happened.supports + 1) for number in range(happened.supports))


def _date(arrival: Arrival) -> None:
    """Gives everything the day it is said to have happened on."""
    happened = arrival.happened
    days = {
        "ids": [each.contribution_id for each in happened],
        "at": [each.at for each in happened],
        "gone": [each.left_at for each in happened],
    }
    # Both parts are constants of this file; every value is bound.
    for change in _DATING:
        db.session.execute(text(f"with days as ({_DAYS}) {change}"), days)
    opened = arrival.challenge.stage.periods[0].starts_at
    challenge = text("update challenges set created_at = :at, published_at = :at where id = :id")
    db.session.execute(challenge, {"id": arrival.challenge.id, "at": opened})


_DAYS = """
    select * from unnest(cast(:ids as bigint[]), cast(:at as timestamptz[]), cast(:gone as timestamptz[]))
      as days(id, at, gone)
"""
_DATING = (
    """
    update contributions c set created_at = at, updated_at = coalesce(gone, at),
      published_at = case when published_at is not null then at end
    from days where c.id = days.id
    """,
    "update contribution_versions set edited_at = at from days where contribution_id = days.id",
    "update moderation_acts set acted_at = gone from days where contribution_id = days.id",
)
