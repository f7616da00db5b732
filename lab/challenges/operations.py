"""What changes a challenge: writing it, publishing it, planning and moving its phases."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.challenges.models import ActivityRule, Category, Challenge, PhaseMove, PhasePeriod
from lab.challenges.permissions import ChallengeAction
from lab.challenges.phases import Override, Period, Phase
from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id, territory_name
from lab.challenges.signals import ChallengeCreated, ChallengePublished, PhaseMoved
from lab.core.actors import SYSTEM, Actor
from lab.core.db import db
from lab.core.errors import Conflict, Invalid
from lab.core.i18n import lazy
from lab.core.permissions import require
from lab.core.signals import publish
from lab.core.text import fold


@dataclass(frozen=True)
class ChallengeText:
    """What a facilitator writes about a challenge; categories are kept by name."""

    title: str
    summary: str
    problem: str = ""
    learning_questions: Sequence[str] = ()
    lead_institution: str = ""
    partners: Sequence[str] = ()
    links: Sequence[dict[str, str]] = ()
    sector: str = "otro"
    territory_code: str | None = None
    language: str = "es"
    reviews_guests: bool = False
    demonstration: bool = False
    categories: Sequence[str] = field(default=())

    def columns(self) -> dict[str, Any]:
        """The values of the challenge's own row, with the words by which lists find it."""
        values = asdict(self)
        del values["categories"]
        lists = {name: list(values[name]) for name in ("learning_questions", "partners", "links")}
        found_by = (self.title, self.summary, self.lead_institution, territory_name(self.territory_code))
        return values | lists | {"folded": fold(" ".join(found_by))}

    def stands_in(self, challenge: ChallengeView) -> bool:
        """Whether the challenge already says this; a category that contributions keep alive may stand beside."""
        kept = {category.name for category in challenge.categories}
        values = asdict(self)
        wanted = set(values.pop("categories"))
        return wanted <= kept and all(_same(getattr(challenge, name), value) for name, value in values.items())


def create_challenge(actor: Actor, slug: str, written: ChallengeText) -> ChallengeView:
    """Makes a draft. Refuses with `Conflict` an address in use. Publishes `ChallengeCreated`."""
    require(actor, ChallengeAction.CREATE)
    statement = (
        upsert(Challenge)
        .values(slug=slug, created_by=actor.person_id, **written.columns())
        .on_conflict_do_nothing(index_elements=[Challenge.slug])
        .returning(Challenge.id)
    )
    challenge_id = db.session.execute(statement).scalar_one_or_none()
    if challenge_id is None:
        raise Conflict(lazy("Ya hay un reto con esta dirección. Elija otra."))
    _keep_categories(challenge_id, written.categories)
    publish(ChallengeCreated(challenge_id))
    return get_visible_challenge_by_id(SYSTEM, challenge_id)


def edit_challenge(actor: Actor, challenge: ChallengeView, written: ChallengeText, seen: int) -> None:
    """Replaces the text of which the editor saw the version `seen`; the same text sent twice is one edit.

    A category that contributions use is kept even when it left the list. Refuses with `Conflict` when somebody
    else saved another text meanwhile.
    """
    require(actor, ChallengeAction.EDIT, challenge)
    statement = (
        update(Challenge)
        .where(Challenge.id == challenge.id, Challenge.version == seen)
        .values(**written.columns(), version=Challenge.version + 1)
        .returning(Challenge.id)
    )
    if db.session.execute(statement).scalar_one_or_none() is not None:
        _keep_categories(challenge.id, written.categories)
    elif not written.stands_in(get_visible_challenge_by_id(SYSTEM, challenge.id)):
        raise Conflict(lazy("Otra persona guardó cambios mientras usted escribía. Lo suyo está aquí, sin guardar."))


def publish_challenge(actor: Actor, challenge: ChallengeView) -> None:
    """Opens the challenge to readers; twice is once. Refuses with `Invalid` one without any planned phase.

    Publishes `ChallengePublished`.
    """
    require(actor, ChallengeAction.PUBLISH, challenge)
    if not challenge.stage.periods:
        raise Invalid(lazy("Antes de publicar, ponga las fechas de al menos una fase."))
    statement = (
        update(Challenge)
        .where(Challenge.id == challenge.id, Challenge.published_at.is_(None))
        .values(published_at=func.now())
        .returning(Challenge.id)
    )
    if db.session.execute(statement).scalar_one_or_none() is not None:
        publish(ChallengePublished(challenge.id))


def plan_phases(actor: Actor, challenge: ChallengeView, periods: Sequence[Period]) -> None:
    """Replaces the planned dates. Refuses with `Invalid` periods that end before they start or overlap."""
    require(actor, ChallengeAction.EDIT, challenge)
    _check_order(periods)
    _lock(challenge.id)
    db.session.execute(delete(PhasePeriod).where(PhasePeriod.challenge_id == challenge.id))
    if periods:
        rows = [asdict(period) | {"challenge_id": challenge.id} for period in periods]
        db.session.execute(insert(PhasePeriod), rows)


def move_phase(actor: Actor, challenge: ChallengeView, phase: Phase | None, reason: str) -> None:
    """Records a manual step into a phase, back to one, or to closed (no phase); it is public, with the reason.

    The same step of the same person, sent twice, is one. Refuses with `Invalid` a missing reason and with
    `Conflict` a step to where the challenge already stands (also when two facilitators press at once).
    Publishes `PhaseMoved`.
    """
    require(actor, ChallengeAction.MOVE, challenge)
    if not reason.strip():
        raise Invalid(lazy("Escriba el motivo: quedará a la vista de todos."), field="reason")
    _lock(challenge.id)
    present = get_visible_challenge_by_id(SYSTEM, challenge.id).stage
    values = {"phase": phase, "reason": reason.strip(), "moved_by": actor.person_id}
    if present.phase == phase and (phase is not None or present.closed):
        if _last_move(challenge.id) == values:
            return
        raise Conflict(lazy("El reto ya está en esa fase."))
    # The clock, not the start of the transaction: of two moves that waited for each other the later one wins.
    statement = insert(PhaseMove).values(challenge_id=challenge.id, **values, moved_at=func.clock_timestamp())
    db.session.execute(statement)
    publish(PhaseMoved(challenge.id, phase))


def set_rules(actor: Actor, challenge: ChallengeView, overrides: Sequence[Override]) -> None:
    """Replaces what the challenge decides otherwise than the defaults."""
    require(actor, ChallengeAction.EDIT, challenge)
    _lock(challenge.id)
    db.session.execute(delete(ActivityRule).where(ActivityRule.challenge_id == challenge.id))
    if overrides:
        rows = [asdict(override) | {"challenge_id": challenge.id} for override in overrides]
        db.session.execute(insert(ActivityRule), rows)


def count_public(challenge_id: int, ideas: int = 0, comments: int = 0) -> None:
    """Moves the counters of public contributions; called inside the operation that publishes or hides."""
    values = {
        "idea_count": Challenge.idea_count + ideas,
        "comment_count": Challenge.comment_count + comments,
    }
    db.session.execute(update(Challenge).where(Challenge.id == challenge_id).values(**values))


def store_figures(actor: Actor, challenge_id: int, supports: int, people: int) -> None:
    """Writes the minute's figures where they changed."""
    require(actor, ChallengeAction.EDIT, None)
    statement = (
        update(Challenge)
        .where(
            Challenge.id == challenge_id,
            (Challenge.support_count != supports) | (Challenge.people_count != people),
        )
        .values(support_count=supports, people_count=people)
    )
    db.session.execute(statement)


def remove_demonstration(actor: Actor) -> int:
    """Deletes every demonstration challenge with all that belongs to it; returns how many."""
    require(actor, ChallengeAction.CREATE)
    gone = db.session.execute(delete(Challenge).where(Challenge.demonstration).returning(Challenge.id)).all()
    db.session.execute(text("delete from people where demonstration"))
    return len(gone)


def _keep_categories(challenge_id: int, names: Sequence[str]) -> None:
    in_use = text("select category_id from contributions where challenge_id = :id and category_id is not null")
    used = {row.category_id for row in db.session.execute(in_use, {"id": challenge_id})}
    stale = delete(Category).where(
        Category.challenge_id == challenge_id, Category.name.not_in(names), Category.id.not_in(used)
    )
    db.session.execute(stale)
    for position, name in enumerate(dict.fromkeys(names)):
        statement = upsert(Category).values(challenge_id=challenge_id, name=name, position=position)
        keep = statement.on_conflict_do_update(
            index_elements=[Category.challenge_id, Category.name], set_={"position": position}
        )
        db.session.execute(keep)


def _check_order(periods: Sequence[Period]) -> None:
    ordered = sorted(periods, key=lambda period: period.starts_at)
    if any(period.starts_at >= period.ends_at for period in ordered):
        raise Invalid(lazy("Cada fase tiene que terminar después de empezar."))
    if any(before.ends_at > after.starts_at for before, after in pairwise(ordered)):
        raise Invalid(lazy("Las fases no pueden cruzarse: una termina antes de que empiece la siguiente."))


def _last_move(challenge_id: int) -> dict[str, Any]:
    query = select(PhaseMove.phase, PhaseMove.reason, PhaseMove.moved_by).where(PhaseMove.challenge_id == challenge_id)
    row = db.session.execute(query.order_by(PhaseMove.moved_at.desc(), PhaseMove.id.desc()).limit(1)).one_or_none()
    return dict(row._mapping) if row else {}


def _same(stored: Any, written: Any) -> bool:
    """Lists are stored as tuples in a view and come as either from a form."""
    return list(stored) == list(written) if isinstance(stored, tuple) else bool(stored == written)


def _lock(challenge_id: int) -> None:
    db.session.execute(select(Challenge.id).where(Challenge.id == challenge_id).with_for_update())
