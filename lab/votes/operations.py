"""Casting and withdrawing, exactly once each, with the hot counter raised last."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.challenges.operations import store_figures
from lab.challenges.queries import ChallengeView
from lab.contributions.models import Channel, Contribution
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Base, db, run
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


def cast(actor: Actor, choice: Choice, value: int = 1) -> Standing:
    """Stores the actor's support of an option for the version it has now; a second time changes nothing.

    Refuses by the table of permissions; with `WrongPhase` when the window closed in between, by the database's
    clock; with `Conflict` when the ballot's maximum is used up; with `Invalid` a value the method does not
    know. Publishes `VoteCast`.
    """
    require(actor, VoteAction.CAST, choice)
    if not METHODS[choice.ballot.method].is_valid(value):
        raise Invalid(lazy("Aquí solo se puede apoyar o retirar el apoyo."))
    if not _insert_cast(actor, choice, value):
        return _unchanged(actor, choice, wanted=True)
    _use_allowance(actor, choice.ballot)
    publish(VoteCast(choice.ballot.id, choice.option.id, _person(actor), value, choice.option.version))
    return Standing(True, _raise_support(choice.option.id, 1))


def withdraw(actor: Actor, choice: Choice) -> Standing:
    """Takes the actor's support back and restores the total; without one nothing changes.

    Refuses by the table of permissions, and with `WrongPhase` when the window closed in between. Publishes
    `VoteWithdrawn`.
    """
    require(actor, VoteAction.WITHDRAW, choice)
    if run(_WITHDRAW, _named(actor, choice)).scalar_one_or_none() is None:
        return _unchanged(actor, choice, wanted=False)
    _return_allowance(actor, choice.ballot)
    publish(VoteWithdrawn(choice.ballot.id, choice.option.id, _person(actor)))
    return Standing(False, _raise_support(choice.option.id, -1))


def set_support(actor: Actor, option: Any, purpose: Purpose, wanted: bool) -> tuple[Standing, BallotView]:
    """Brings the actor's support of an option to the wanted state in the challenge's running ballot.

    Promises and refuses what `cast` and `withdraw` do; returns the ballot too, which says whether totals show.
    """
    ballot = queries.get_running_ballot(option.challenge.id, purpose)
    change = cast if wanted else withdraw
    return change(actor, Choice(ballot, option)), ballot


def open_ballots(actor: Actor, challenge_id: int) -> None:
    """Gives a new challenge its two running ballots."""
    require(actor, VoteAction.SET_BALLOT, None)
    rows = [{"challenge_id": challenge_id, "purpose": purpose} for purpose in (Purpose.IDEAS, Purpose.COMMENTS)]
    db.session.execute(insert(Ballot), rows)


def set_ballot(actor: Actor, challenge: ChallengeView, terms: BallotTerms) -> None:
    """Decides window, maximum and when totals are shown of the challenge's ballot of ideas.

    A new maximum counts what people supported before it; nobody loses a support to it. Refuses with `Invalid` a
    window that ends before it opens, and totals hidden without an end.
    """
    require(actor, VoteAction.SET_BALLOT, challenge)
    _check_terms(terms)
    statement = update(Ballot).where(Ballot.id == _locked_ballot(challenge.id)).values(**asdict(terms))
    ballot_id = db.session.execute(statement.returning(Ballot.id)).scalar_one()
    db.session.execute(delete(Allowance).where(Allowance.ballot_id == ballot_id))
    if terms.maximum is not None:
        _recount_allowances(ballot_id, terms.maximum)


def refresh_figures(actor: Actor) -> int:
    """Writes the figures of challenges whose supports or people changed; returns of how many."""
    require(actor, VoteAction.REFRESH_FIGURES)
    changed = queries.count_figures()
    for row in changed:
        store_figures(SYSTEM, row.id, row.supports, row.people)
    return len(changed)


# Built once: putting a statement together costs more than running it. `_OPEN` is the ballot if it is open at
# this instant of the database's clock.
_OPEN = select(Ballot.id).where(
    Ballot.id == bindparam("ballot"),
    or_(Ballot.opens_at.is_(None), Ballot.opens_at <= func.clock_timestamp()),
    or_(Ballot.closes_at.is_(None), Ballot.closes_at > func.clock_timestamp()),
)
_CASTS = Base.metadata.tables["casts"]
_CAST = (
    upsert(_CASTS)
    .from_select(
        ["ballot_id", "option_id", "person_id", "value", "version", "channel"],
        _OPEN.add_columns(
            *(bindparam(name, type_=Integer) for name in ("option", "person", "value", "version")),
            literal(Channel.WEB.value),
        ),
    )
    .on_conflict_do_nothing()
    .returning(_CASTS.c.option_id)
)
_WITHDRAW = (
    delete(Cast)
    .where(
        Cast.ballot_id == bindparam("ballot"),
        Cast.option_id == bindparam("option"),
        Cast.person_id == bindparam("person"),
        _OPEN.exists(),
    )
    .returning(Cast.value)
)
_RAISE = (
    update(Contribution)
    .where(Contribution.id == bindparam("option"))
    .values(support=Contribution.support + bindparam("step"))
    .returning(Contribution.support)
)


def _insert_cast(actor: Actor, choice: Choice, value: int) -> bool:
    """Inserts if the ballot is open now and the actor has no cast there."""
    given = _named(actor, choice) | {"value": value, "version": choice.option.version}
    return run(_CAST, given).scalar_one_or_none() is not None


def _named(actor: Actor, choice: Choice) -> dict[str, Any]:
    return {"ballot": choice.ballot.id, "option": choice.option.id, "person": actor.person_id}


def _unchanged(actor: Actor, choice: Choice, wanted: bool) -> Standing:
    """Nothing was written: it was so already (or the same person did the opposite meanwhile), or the window closed."""
    supported = queries.find_cast(actor, choice.ballot.id, choice.option.id) is not None
    if supported != wanted and db.session.execute(_OPEN, {"ballot": choice.ballot.id}).one_or_none() is None:
        raise WrongPhase(lazy("Esta priorización se acaba de cerrar."))
    return Standing(supported, _support(choice.option.id))


def _use_allowance(actor: Actor, ballot: BallotView) -> None:
    if ballot.maximum is None:
        return
    statement = upsert(Allowance).values(ballot_id=ballot.id, person_id=actor.person_id, used=1, maximum=ballot.maximum)
    one_more = statement.on_conflict_do_update(
        index_elements=[Allowance.ballot_id, Allowance.person_id],
        set_={"used": Allowance.used + 1, "maximum": ballot.maximum},
        where=Allowance.used < ballot.maximum,
    ).returning(Allowance.used)
    if db.session.execute(one_more).scalar_one_or_none() is None:
        raise Conflict(lazy("Ya usó todos sus apoyos en este reto. Puede retirar uno para dar otro."))


def _locked_ballot(challenge_id: int) -> int:
    """Waits for casts under way: their foreign keys hold the row, and a recount has to see them."""
    query = select(Ballot.id).where(Ballot.challenge_id == challenge_id, Ballot.purpose == Purpose.IDEAS)
    return int(db.session.execute(query.with_for_update()).scalar_one())


def _recount_allowances(ballot_id: int, maximum: int) -> None:
    used = func.count()
    counted = (
        select(Cast.ballot_id, Cast.person_id, used, func.greatest(used, maximum))
        .where(Cast.ballot_id == ballot_id)
        .group_by(Cast.ballot_id, Cast.person_id)
    )
    columns = [Allowance.ballot_id, Allowance.person_id, Allowance.used, Allowance.maximum]
    db.session.execute(insert(Allowance).from_select(columns, counted))


def _return_allowance(actor: Actor, ballot: BallotView) -> None:
    used = update(Allowance).where(
        Allowance.ballot_id == ballot.id, Allowance.person_id == actor.person_id, Allowance.used > 0
    )
    db.session.execute(used.values(used=Allowance.used - 1))


def _raise_support(option_id: int, step: int) -> int:
    """Last statement before the commit: everybody who supports this option waits for this row."""
    return int(run(_RAISE, {"option": option_id, "step": step}).scalar_one())


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
