"""Reads of ballots, totals and of what the reader alone has cast."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, bindparam, false, func, select, text
from sqlalchemy.orm import aliased

from lab.accounts.models import LegalText
from lab.accounts.permissions import consented
from lab.challenges.models import Challenge
from lab.challenges.queries import CHALLENGE, ChallengeView, visible_challenge
from lab.contributions.models import Contribution, State
from lab.core.actors import Actor
from lab.core.db import Carried, Query, Record, db, run
from lab.core.i18n import SOURCE, current_language
from lab.core.permissions import why_not
from lab.votes.methods import METHODS
from lab.votes.models import Ballot, Cast, Method, Purpose, Tally
from lab.votes.permissions import VoteAction


@dataclass(frozen=True)
class BallotView:
    """A ballot at one moment of the database's clock, with the notice that stands beside it."""

    id: int
    challenge_id: int
    purpose: Purpose
    method: Method
    opens_at: datetime | None
    closes_at: datetime | None
    maximum: int | None
    totals_after_close: bool
    read_only: bool
    now: datetime
    notice: str = ""

    @property
    def is_open(self) -> bool:
        started = self.opens_at is None or self.opens_at <= self.now
        return started and (self.closes_at is None or self.now < self.closes_at)

    @property
    def totals_shown(self) -> bool:
        """Hidden totals stay hidden everywhere: numbers, meters, and the order by support."""
        return not self.totals_after_close or (self.closes_at is not None and self.now >= self.closes_at)


@dataclass(frozen=True)
class Choice:
    """A ballot and one of its options: what permissions about a cast are asked of. `option` is any loaded
    contribution with `id`, `version`, `state` and `challenge`."""

    ballot: BallotView
    option: Any

    @property
    def challenge(self) -> ChallengeView:
        challenge: ChallengeView = self.option.challenge
        return challenge

    @property
    def state(self) -> str:
        return str(self.option.state)


@dataclass(frozen=True)
class ImportedResult:
    """The shares an option had in the conversation it came from."""

    method: Method
    shares: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.shares.values())


@dataclass(frozen=True)
class OptionView:
    """What the page of one option shows: its ballot, the reader's own cast, and a result it came with."""

    ballot: BallotView
    supported: bool
    imported: ImportedResult | None


@dataclass(frozen=True)
class _Always:
    """A ballot that anybody may use at any time."""

    read_only: bool = False
    is_open: bool = True


@dataclass(frozen=True)
class _Listed:
    """Any public option, as the permission to cast looks at it."""

    challenge: ChallengeView
    ballot: BallotView | _Always
    state: State = State.PUBLISHED


_ALWAYS = _Always()
_NOTICE = (
    select(LegalText.body)
    .where(LegalText.key == "notice", LegalText.language.in_((bindparam("language"), SOURCE)))
    .order_by((LegalText.language == bindparam("language")).desc(), LegalText.version.desc())
    .limit(1)
    .scalar_subquery()
)
_BALLOT = Carried(
    "ballot",
    [
        *(column for column in Ballot.__table__.columns if column.name in {field.name for field in fields(BallotView)}),
        func.clock_timestamp().label("now"),
        func.coalesce(_NOTICE, "").label("notice"),
    ],
)


def get_running_ballot(challenge_id: int, purpose: Purpose) -> BallotView:
    """The ballot of a challenge's ideas or comments; each challenge has both from its creation."""
    values = {"challenge": challenge_id, "purpose": purpose, "language": current_language()}
    return ballot_of(run(_RUNNING, values).one())


def get_challenge_with_ballot(actor: Actor, slug: str) -> tuple[ChallengeView, BallotView]:
    """`get_visible_challenge` with the ballot of its ideas, in one round trip."""
    row = run(_WITH_CHALLENGE, {"slug": slug, "language": current_language()}).one_or_none()
    challenge = visible_challenge(actor, row)
    return challenge, ballot_of(cast(Record, row))


def carrying_ballot(query: Query, purpose: Purpose) -> Query:
    """The statement about contributions with their running ballot and challenge (`ballot_of`, `challenge_of`).

    To be bound: `language`.
    """
    joined = query.join(Challenge, Challenge.id == Contribution.challenge_id)
    running = and_(Ballot.challenge_id == Challenge.id, Ballot.purpose == purpose)
    return joined.join(Ballot, running).add_columns(*CHALLENGE.columns, *_BALLOT.columns)


def carrying_standing(query: Query) -> Query:
    """`carrying_ballot` of ideas with what `option_of` shows. To be bound: `language` and `reader`."""
    shown = (supports(Contribution.id).label("supported"), _imported(Contribution.id))
    return carrying_ballot(query, Purpose.IDEAS).add_columns(*shown)


def ballot_of(row: Record) -> BallotView:
    """The ballot that a row carries."""
    values = _BALLOT.of(row)
    return BallotView(**values | {"purpose": Purpose(values["purpose"]), "method": Method(values["method"])})


def option_of(row: Record) -> OptionView:
    """The running ballot that a row carries, whether the reader supports its option, and its imported result."""
    return OptionView(ballot_of(row), row.supported, _shares(row.imported))


def may_support(actor: Actor, challenge: ChallengeView, ballot: BallotView | None = None) -> bool:
    """Whether a list shows buttons for its public options. A visitor without consent is asked for it when they press.

    Without a ballot it is about comments, whose ballot has no window of its own.
    """
    anything = _Listed(challenge, ballot or _ALWAYS)
    return why_not(actor, VoteAction.CAST, anything, apart_from=consented) is None


def supports(option: Any, known: bool = True) -> Any:
    """A column for lists: whether the reader, bound as `reader`, supports the option of the row; false for a
    reader who never took part (not `known`)."""
    if not known:
        return false()
    reader = bindparam("reader", type_=Cast.person_id.type)
    mine = select(Cast.option_id).where(Cast.option_id == option, Cast.person_id == reader, Cast.value == 1)
    return mine.exists()


def find_cast(actor: Actor, ballot_id: int, option_id: int) -> int | None:
    """The actor's own value for one option; nobody else's can be asked for."""
    query = select(Cast.value).where(
        Cast.ballot_id == ballot_id, Cast.option_id == option_id, Cast.person_id == actor.person_id
    )
    return db.session.execute(query).scalar_one_or_none()


def count_left(actor: Actor, ballot: BallotView) -> int | None:
    """How many more options the actor may support; None without a maximum."""
    if ballot.maximum is None:
        return None
    used = text("select used from allowances where ballot_id = :ballot and person_id = :person")
    values = {"ballot": ballot.id, "person": actor.person_id}
    return max(0, ballot.maximum - (db.session.execute(used, values).scalar_one_or_none() or 0))


def find_imported_result(option_id: int) -> ImportedResult | None:
    """The shares of an imported, read-only ballot, if this option stood in one."""
    return _shares(db.session.execute(select(_imported(bindparam("option"))), {"option": option_id}).scalar_one())


def list_miscounted() -> list[Record]:
    """Every counter that differs from a recount of its casts: empty unless something is broken.

    Of an allowance `option_id` is the person.
    """
    query = text("""
        select c.id as option_id, c.support as told, count(k.person_id) as counted
        from contributions c
        left join casts k on k.option_id = c.id and k.value = 1
          and k.ballot_id in (select id from ballots where not read_only)
        group by c.id having c.support <> count(k.person_id)
        union all
        select t.option_id, t.casts, count(k.person_id)
        from tallies t
        left join casts k on k.ballot_id = t.ballot_id and k.option_id = t.option_id and k.value = t.value
        group by t.ballot_id, t.option_id, t.value, t.casts having t.casts <> count(k.person_id)
        union all
        select a.person_id, a.used, count(c.id)
        from allowances a
        left join casts k on k.ballot_id = a.ballot_id and k.person_id = a.person_id
        left join contributions c on c.id = k.option_id and c.state = 'published'
        group by a.ballot_id, a.person_id, a.used having a.used <> count(c.id)
    """)
    return list(db.session.execute(query))


def count_figures() -> list[Record]:
    """Supports and distinct people of each public challenge whose stored figures differ.

    Supports of ideas whose totals are hidden now are left out: their sum would tell how they move.
    """
    query = text("""
        select id, supports, people from (
          select ch.id, ch.support_count, ch.people_count,
            (select coalesce(sum(support), 0) from contributions
             where challenge_id = ch.id and state = 'published' and (kind = 'comment' or not exists (
               select 1 from ballots where challenge_id = ch.id and purpose = 'ideas' and totals_after_close
                 and closes_at > clock_timestamp()))) as supports,
            (select count(*) from (
               select author_id from contributions where challenge_id = ch.id and state = 'published'
               union select k.person_id from casts k join ballots b on b.id = k.ballot_id
               where b.challenge_id = ch.id) as everybody) as people
          from challenges ch where ch.published_at is not null) as counted
        where (support_count, people_count) is distinct from (supports, people)
    """)
    return list(db.session.execute(query))


def _imported(option: Any) -> Any:
    """The tallies of an option's read-only ballot as JSON rows of method, value and casts."""
    imported = aliased(Ballot)
    packed = func.json_agg(func.json_build_array(imported.method, Tally.value, Tally.casts))
    rows = select(packed).select_from(Tally).join(imported, imported.id == Tally.ballot_id)
    return rows.where(Tally.option_id == option, imported.read_only).scalar_subquery().label("imported")


# Built once: putting a statement together costs more than running it.
_RUNNING: Query = select(*_BALLOT.columns).where(
    Ballot.challenge_id == bindparam("challenge"), Ballot.purpose == bindparam("purpose")
)
_WITH_CHALLENGE: Query = (
    select(*CHALLENGE.columns, *_BALLOT.columns)
    .join_from(Challenge, Ballot, and_(Ballot.challenge_id == Challenge.id, Ballot.purpose == Purpose.IDEAS))
    .where(Challenge.slug == bindparam("slug"))
)


def _shares(rows: list[tuple[str, int, int]] | None) -> ImportedResult | None:
    if not rows:
        return None
    method = Method(rows[0][0])
    return ImportedResult(method, METHODS[method].result({value: casts for _, value, casts in rows}))
