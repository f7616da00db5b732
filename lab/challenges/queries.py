"""Reads about challenges: one round trip gives a challenge with its stage and categories."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, text

from lab.challenges.models import ActivityRule, Category, Challenge, PhaseMove, PhasePeriod, Territory
from lab.challenges.permissions import ChallengeAction
from lab.challenges.phases import CURRENT_PHASE, Activity, Move, Override, Period, Phase, Stage, current_stage
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import Query, Record, db, run
from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.permissions import can
from lab.core.text import fold

LIST_LIMIT = 60


@dataclass(frozen=True)
class CategoryRow:
    id: int
    name: str


@dataclass(frozen=True)
class MoveRow:
    """A manual step as the timeline's history shows it: public, with the person's name and the reason."""

    phase: Phase | None
    moved_at: datetime
    reason: str
    moved_by: str


@dataclass(frozen=True)
class ChallengeView:
    """A challenge as loaded: everything its pages and every permission in it need."""

    id: int
    slug: str
    title: str
    summary: str
    problem: str
    learning_questions: tuple[str, ...]
    lead_institution: str
    partners: tuple[str, ...]
    links: tuple[dict[str, str], ...]
    sector: str
    territory_code: str | None
    territory: str
    language: str
    reviews_guests: bool
    demonstration: bool
    idea_count: int
    comment_count: int
    support_count: int
    people_count: int
    published_at: datetime | None
    stage: Stage
    categories: tuple[CategoryRow, ...] = field(default=())

    @property
    def challenge(self) -> "ChallengeView":
        """A challenge is its own subject, so predicates ask every subject for `.challenge`."""
        return self

    def category_name(self, category_id: int | None) -> str:
        return next((each.name for each in self.categories if each.id == category_id), "")


@dataclass(frozen=True)
class ChallengeFilter:
    """What the public list may be narrowed by. Unknown values find nothing rather than everything."""

    phase: str = ""
    sector: str = ""
    department: str = ""
    words: str = ""

    @property
    def active(self) -> int:
        return sum(bool(each) for each in (self.phase, self.sector, self.department, self.words))


def get_visible_challenge(actor: Actor, slug: str) -> ChallengeView:
    """The challenge if it is public, or if the actor works on it; else `NotFound`."""
    return _visible(actor, _BY_SLUG, slug)


def get_visible_challenge_by_id(actor: Actor, challenge_id: int) -> ChallengeView:
    return _visible(actor, _BY_ID, challenge_id)


def get_managed_challenge(actor: Actor, slug: str) -> ChallengeView:
    """The challenge for its manage screens; `NotFound` for everybody who has no part in running it."""
    challenge = get_visible_challenge(actor, slug)
    if not can(actor, ChallengeAction.MANAGE, challenge):
        raise _unknown()
    return challenge


def find_challenge_id(slug: str) -> int | None:
    return db.session.execute(select(Challenge.id).where(Challenge.slug == slug)).scalar_one_or_none()


def list_public_challenges(chosen: ChallengeFilter) -> list[ChallengeView]:
    """Public challenges: those that ask for something now first, then the newest."""
    query = _WHOLE.where(Challenge.published_at.is_not(None))
    if chosen.phase:
        query = query.where(chosen.phase == _CURRENT)
    if chosen.sector:
        query = query.where(Challenge.sector == chosen.sector)
    if chosen.department:
        query = query.where(Challenge.territory_code.startswith(chosen.department, autoescape=True))
    query = query.order_by(_CURRENT.is_(None), Challenge.published_at.desc()).limit(LIST_LIMIT)
    views = [_view(row) for row in db.session.execute(query)]
    return [view for view in views if _mentions(view, chosen.words)]


def list_managed_challenges(actor: Actor) -> list[ChallengeView]:
    """Every challenge, drafts included, that the actor helps to run; the newest first."""
    query = _WHOLE.order_by(Challenge.created_at.desc()).limit(LIST_LIMIT)
    if not (actor.has_role(Role.FACILITATOR) or actor.has_role(Role.MODERATOR) or actor.has_role(Role.ANALYST)):
        query = query.where(Challenge.id.in_([scope for _, scope in actor.grants if scope]))
    return [_view(row) for row in db.session.execute(query)]


def list_moves(challenge_id: int) -> list[MoveRow]:
    """The recorded moves, the newest first."""
    query = text("""
        select m.phase, m.moved_at, m.reason, coalesce(p.display_name, '') as moved_by
        from phase_moves m left join people p on p.id = m.moved_by
        where m.challenge_id = :challenge_id order by m.moved_at desc, m.id desc
    """)
    rows = db.session.execute(query, {"challenge_id": challenge_id})
    return [MoveRow(Phase(row.phase) if row.phase else None, row.moved_at, row.reason, row.moved_by) for row in rows]


@cache
def list_territories() -> Sequence[Record]:
    """Departments, each followed by its units by folded name: code, kind, name, department code.

    Kept by the process: only a migration changes them.
    """
    query = select(Territory.code, Territory.kind, Territory.name, Territory.department_code).order_by(
        Territory.department_code, Territory.kind != "department", Territory.folded
    )
    return db.session.execute(query).all()


@cache
def list_departments() -> list[tuple[str, str]]:
    """The nine departments: code and name."""
    return [(row.code, row.name) for row in list_territories() if row.kind == "department"]


def territory_name(code: str | None) -> str:
    """The name of a place; empty for none. Kept by the process, so that lists need not join for it."""
    return _territory_names().get(code or "", "")


@cache
def _territory_names() -> dict[str, str]:
    return {row.code: row.name for row in list_territories()}


@cache
def group_territories() -> dict[str, list[tuple[str, str]]]:
    """Every place under the name of its department, the department itself first: what a chooser shows."""
    names = dict(list_departments())
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in names.values()}
    for row in list_territories():
        groups[names[row.department_code]].append((row.code, row.name))
    return groups


def _rows_as_json(model: Any, *columns: Any) -> Any:
    """A sub-select that packs a challenge's rows of another table into one JSON array."""
    packed = func.json_agg(func.json_build_array(*columns))
    return select(packed).where(model.challenge_id == Challenge.id).correlate(Challenge).scalar_subquery()


_CURRENT: Any = literal_column(CURRENT_PHASE)
_PLACE = select(Territory.name).where(Territory.code == Challenge.territory_code).scalar_subquery()
_WHOLE: Query = select(
    *(column for column in Challenge.__table__.columns if column.name not in {"created_by", "created_at"}),
    # The clock, not the start of the transaction: a move made while this one waited counts.
    func.clock_timestamp().label("now"),
    func.coalesce(_PLACE, "").label("territory"),
    _rows_as_json(
        PhasePeriod,
        PhasePeriod.phase,
        func.extract("epoch", PhasePeriod.starts_at),
        func.extract("epoch", PhasePeriod.ends_at),
    ).label("periods"),
    _rows_as_json(PhaseMove, PhaseMove.phase, func.extract("epoch", PhaseMove.moved_at)).label("moves"),
    _rows_as_json(
        ActivityRule, ActivityRule.activity, ActivityRule.phase, ActivityRule.allowed, ActivityRule.assurance
    ).label("rules"),
    _rows_as_json(Category, Category.position, Category.name, Category.id).label("categories"),
)

# Built once: putting a statement together costs more than running it.
_BY_SLUG = _WHOLE.where(Challenge.slug == bindparam("wanted"))
_BY_ID = _WHOLE.where(Challenge.id == bindparam("wanted"))


def _visible(actor: Actor, query: Query, wanted: str | int) -> ChallengeView:
    row = run(query, {"wanted": wanted}).one_or_none()
    if row is None:
        raise _unknown()
    view = _view(row)
    if view.published_at is None and not can(actor, ChallengeAction.MANAGE, view):
        raise _unknown()
    return view


def _view(row: Record) -> ChallengeView:
    values = dict(row._mapping)
    now, zone = values.pop("now"), row.now.tzinfo

    def moment(epoch: float) -> datetime:
        return datetime.fromtimestamp(float(epoch), zone)

    periods = [Period(Phase(phase), moment(start), moment(end)) for phase, start, end in values.pop("periods") or []]
    moves = [Move(Phase(phase) if phase else None, moment(at)) for phase, at in values.pop("moves") or []]
    overrides = [_override(*rule) for rule in values.pop("rules") or []]
    categories = tuple(CategoryRow(number, name) for _, name, number in sorted(values.pop("categories") or []))
    for name in ("learning_questions", "partners", "links"):
        values[name] = tuple(values[name])
    return ChallengeView(**values, stage=current_stage(now, periods, moves, overrides), categories=categories)


def _override(activity: str, phase: str | None, allowed: bool | None, assurance: int | None) -> Override:
    return Override(
        Activity(activity),
        Phase(phase) if phase else None,
        allowed,
        None if assurance is None else Assurance(assurance),
    )


def _mentions(view: ChallengeView, words: str) -> bool:
    folded = fold(f"{view.title} {view.summary} {view.lead_institution} {view.territory}")
    return all(word in folded for word in fold(words).split())


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este reto."))
