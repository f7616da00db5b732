"""Casting and withdrawing, exactly once each, with the hot counter raised last."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, insert, literal, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.challenges.operations import store_figures
from lab.challenges.queries import ChallengeView
from lab.contributions.models import Channel, Contribution, State
from lab.contributions.permissions import is_published
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Base, Record, db, run
from lab.core.errors import Conflict, Invalid, WrongPhase
from lab.core.i18n import lazy
from lab.core.permissions import require
from lab.core.signals import publish
from lab.votes import queries
from lab.votes.methods import METHODS
from lab.votes.models import Allowance, Ballot, Cast, Purpose
from lab.votes.permissions import VoteAction
from lab.votes.queries import BallotView, Choice
from lab.votes.signals import VoteCast, VoteWithdrawn


@dataclass(frozen=True)
class Standing:
    """How things stand after a cast: the actor's own state and the option's total."""

    supported: bool
    support: int


@dataclass(frozen=True)
class BallotTerms:
    """What a facilitator decides about a ballot."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    maximum: int | None = None
    totals_after_close: bool = False


def cast(actor: Actor, choice: Choice, value: int = 1, seen: int | None = None) -> Standing:
    """Stores the actor's support of an option for the version they saw; a second time changes nothing.

    Without a version, or with one that never was, it is the present one. Refuses by the table of permissions; with
    `WrongPhase` when the window closed in between, by the database's clock; with `Conflict` when the option left
    the public in between or the ballot's maximum is used up; with `Invalid` a value the method does not know.
    Publishes `VoteCast`.
    """
    require(actor, VoteAction.CAST, choice)
    if not METHODS[choice.ballot.method].is_valid(value):
        raise Invalid(lazy("Aquí solo se puede apoyar o retirar el apoyo."))
    version = seen if seen and 0 < seen <= choice.option.version else choice.option.version
    ballot = run(_CAST, _named(actor, choice) | {"value": value, "version": version}).one_or_none()
    if ballot is None:
        return _unchanged(actor, choice, wanted=True)
    publish(VoteCast(choice.ballot.id, choice.option.id, _person(actor), value, version))
    option = _raise_support(choice.option.id, 1)
    if option.state != State.PUBLISHED:
        raise is_published.refuse()
    if ballot.maximum is not None:
        _use_allowance(actor, choice.ballot.id, ballot.maximum)
    return Standing(True, option.support)


def withdraw(actor: Actor, choice: Choice) -> Standing:
    """Takes the actor's support back and restores the total; without one nothing changes.

    Refuses by the table of permissions, and with `WrongPhase` when the window closed in between. Publishes
    `VoteWithdrawn`.
    """
    require(actor, VoteAction.WITHDRAW, choice)
    ballot = run(_WITHDRAW, _named(actor, choice)).one_or_none()
    if ballot is None:
        return _unchanged(actor, choice, wanted=False)
    publish(VoteWithdrawn(choice.ballot.id, choice.option.id, _person(actor)))
    option = _raise_support(choice.option.id, -1)
    if ballot.maximum is not None and option.state == State.PUBLISHED:
        _return_allowance(actor, choice.ballot)
    return Standing(False, option.support)


def set_support(actor: Actor, choice: Choice, wanted: bool, seen: int | None = None) -> Standing:
    """Brings the actor's support of an option to the wanted state; promises and refuses as `cast` and `withdraw`."""
    return cast(actor, choice, seen=seen) if wanted else withdraw(actor, choice)


def open_ballots(actor: Actor, challenge_id: int) -> None:
    """Gives a new challenge its two running ballots."""
    require(actor, VoteAction.SET_BALLOT, None)
    rows = [{"challenge_id": challenge_id, "purpose": purpose} for purpose in (Purpose.IDEAS, Purpose.COMMENTS)]
    db.session.execute(insert(Ballot), rows)


def set_ballot(actor: Actor, challenge: ChallengeView, terms: BallotTerms) -> None:
    """Decides window, maximum and when totals are shown of the challenge's ballot of ideas.

    A new maximum counts what people supported before it and is still public; nobody loses a support to it. Refuses
    with `Invalid` a window that ends before it opens, and totals hidden without an end.
    """
    require(actor, VoteAction.SET_BALLOT, challenge)
    _check_terms(terms)
    statement = update(Ballot).where(Ballot.id == _locked_ballot(challenge.id)).values(**asdict(terms))
    ballot_id = db.session.execute(statement.returning(Ballot.id)).scalar_one()
    db.session.execute(delete(Allowance).where(Allowance.ballot_id == ballot_id))
    if terms.maximum is not None:
        _recount_allowances(ballot_id, terms.maximum)


def return_allowances(actor: Actor, option_id: int) -> None:
    """An option left the public: who supported it may support another one instead. Their support stays with it."""
    require(actor, VoteAction.COUNT)
    if _hold_allowances(option_id):
        db.session.execute(_RETURN_ALLOWANCES, {"option": option_id})


def take_allowances(actor: Actor, option_id: int) -> None:
    """An option returned to the public with its supports, and they count against the maximum again.

    Who gave the freed support to another option keeps both: nobody loses a support to what others do. They are one
    above the maximum then, and support nothing more until they are below it.
    """
    require(actor, VoteAction.COUNT)
    if _hold_allowances(option_id):
        db.session.execute(_TAKE_ALLOWANCES, {"option": option_id})


def refresh_figures(actor: Actor) -> int:
    """Writes the figures of challenges whose supports or people changed; returns of how many."""
    require(actor, VoteAction.COUNT)
    changed = queries.count_figures()
    for row in changed:
        store_figures(SYSTEM, row.id, row.supports, row.people)
    return len(changed)


# Built once: putting a statement together costs more than running it. `_OPEN` is the ballot if it is open at
# this instant of the database's clock. Whoever casts holds it: somebody just changing its terms is waited for, and
# what they decided counts. An option is locked before allowances, and these by person: nobody waits in a ring.
_OPEN = select(Ballot.id).where(
    Ballot.id == bindparam("ballot"),
    or_(Ballot.opens_at.is_(None), Ballot.opens_at <= func.clock_timestamp()),
    or_(Ballot.closes_at.is_(None), Ballot.closes_at > func.clock_timestamp()),
)
_CASTS = Base.metadata.tables["casts"]
_HELD = _OPEN.add_columns(Ballot.maximum).with_for_update(read=True, key_share=True).cte("held")
_GIVEN = (
    upsert(_CASTS)
    .from_select(
        ["ballot_id", "option_id", "person_id", "value", "version", "channel"],
        select(
            _HELD.c.id,
            *(bindparam(name, type_=Integer) for name in ("option", "person", "value", "version")),
            literal(Channel.WEB.value),
        ),
    )
    .on_conflict_do_nothing()
    .returning(_CASTS.c.option_id)
    .cte("given")
)
_CAST = select(_HELD.c.maximum).select_from(_HELD.join(_GIVEN, true()))
_WITHDRAW = (
    delete(Cast)
    .where(
        Cast.ballot_id == _HELD.c.id,
        Cast.option_id == bindparam("option"),
        Cast.person_id == bindparam("person"),
    )
    .returning(_HELD.c.maximum)
)
_RAISE = (
    update(Contribution)
    .where(Contribution.id == bindparam("option"))
    .values(support=Contribution.support + bindparam("step"))
    .returning(Contribution.support, Contribution.state)
)
_HOLD_BALLOTS = text("""
    select maximum from ballots where id in (select ballot_id from casts where option_id = :option)
    order by id for key share
""")
_HOLD_ALLOWANCES = text("""
    select 1 from allowances a join casts c on c.ballot_id = a.ballot_id and c.person_id = a.person_id
    where c.option_id = :option order by a.ballot_id, a.person_id for update of a
""")
_RETURN_ALLOWANCES = text("""
    update allowances a set used = a.used - 1
    from casts c where c.option_id = :option and c.ballot_id = a.ballot_id and c.person_id = a.person_id
""")
_TAKE_ALLOWANCES = text("""
    insert into allowances (ballot_id, person_id, used, maximum)
    select b.id, c.person_id, 1, b.maximum from casts c join ballots b on b.id = c.ballot_id
    where c.option_id = :option and b.maximum is not null order by b.id, c.person_id
    on conflict (ballot_id, person_id)
      do update set used = allowances.used + 1, maximum = greatest(allowances.used + 1, excluded.maximum)
""")


def _named(actor: Actor, choice: Choice) -> dict[str, Any]:
    return {"ballot": choice.ballot.id, "option": choice.option.id, "person": actor.person_id}


def _unchanged(actor: Actor, choice: Choice, wanted: bool) -> Standing:
    """Nothing was written: it was so already (or the same person did the opposite meanwhile), or the window closed."""
    supported = queries.find_cast(actor, choice.ballot.id, choice.option.id) is not None
    if supported != wanted and db.session.execute(_OPEN, {"ballot": choice.ballot.id}).one_or_none() is None:
        raise WrongPhase(lazy("Esta priorización se acaba de cerrar."))
    return Standing(supported, _support(choice.option.id))


def _use_allowance(actor: Actor, ballot_id: int, maximum: int) -> None:
    statement = upsert(Allowance).values(ballot_id=ballot_id, person_id=actor.person_id, used=1, maximum=maximum)
    one_more = statement.on_conflict_do_update(
        index_elements=[Allowance.ballot_id, Allowance.person_id],
        set_={"used": Allowance.used + 1, "maximum": maximum},
        where=Allowance.used < maximum,
    ).returning(Allowance.used)
    if db.session.execute(one_more).scalar_one_or_none() is None:
        raise Conflict(lazy("Ya usó todos sus apoyos en este reto. Puede retirar uno para dar otro."))


def _locked_ballot(challenge_id: int) -> int:
    """Waits for casts under way: they hold the row, and a recount has to see them."""
    query = select(Ballot.id).where(Ballot.challenge_id == challenge_id, Ballot.purpose == Purpose.IDEAS)
    return int(db.session.execute(query.with_for_update()).scalar_one())


def _recount_allowances(ballot_id: int, maximum: int) -> None:
    used = func.count()
    counted = (
        select(Cast.ballot_id, Cast.person_id, used, func.greatest(used, maximum))
        .join(Contribution, Contribution.id == Cast.option_id)
        .where(Cast.ballot_id == ballot_id, Contribution.state == State.PUBLISHED)
        .group_by(Cast.ballot_id, Cast.person_id)
    )
    columns = [Allowance.ballot_id, Allowance.person_id, Allowance.used, Allowance.maximum]
    db.session.execute(insert(Allowance).from_select(columns, counted))


def _hold_allowances(option_id: int) -> bool:
    """Whether the option stands in a ballot with a maximum; then its supporters' allowances are held."""
    option = {"option": option_id}
    if all(row.maximum is None for row in db.session.execute(_HOLD_BALLOTS, option)):
        return False
    db.session.execute(_HOLD_ALLOWANCES, option)
    return True


def _return_allowance(actor: Actor, ballot: BallotView) -> None:
    used = update(Allowance).where(
        Allowance.ballot_id == ballot.id, Allowance.person_id == actor.person_id, Allowance.used > 0
    )
    db.session.execute(used.values(used=Allowance.used - 1))


def _raise_support(option_id: int, step: int) -> Record:
    """The new support and the state. As late as can be: everybody who supports this option waits for this row, and
    an allowance is moved only after it, so that what leaves the public meanwhile is seen."""
    return run(_RAISE, {"option": option_id, "step": step}).one()


def _support(option_id: int) -> int:
    return int(db.session.execute(select(Contribution.support).where(Contribution.id == option_id)).scalar_one())


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise ValueError("a cast needs a stored person")
    return actor.person_id


def _check_terms(terms: BallotTerms) -> None:
    if terms.opens_at and terms.closes_at and terms.opens_at >= terms.closes_at:
        raise Invalid(lazy("La priorización tiene que cerrar después de abrir."), field="closes_at")
    if terms.totals_after_close and terms.closes_at is None:
        raise Invalid(lazy("Para mostrar los totales al final, ponga cuándo cierra."), field="closes_at")
