"""Reads about challenges: one round trip gives a challenge with its stage and categories."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Text,
    bindparam,
    func,
    literal_column,
    not_,
    select,
    text,
    tuple_,
)

from lab.challenges.models import ActivityRule, Category, Challenge, PhaseMove, PhasePeriod, Territory
from lab.challenges.permissions import ChallengeAction
from lab.challenges.phases import CURRENT_PHASE, Activity, Move, Override, Period, Phase, Stage, current_stage
from lab.core.actors import Actor, Assurance, Role
from lab.core.db import Carried, Query, Record, db, run
from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page, decode_cursor, encode_cursor, number_of, time_of
from lab.core.permissions import can
from lab.core.text import fold

LIST_LIMIT = 60
# Columns that no page shows: who began it and when, and the words by which lists find it.
UNSEEN = frozenset({"created_by", "created_at", "folded"})


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
    version: int
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
        return len(self.parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """Which of the filters are set."""
        return tuple(name for name in ("phase", "sector", "department", "words") if getattr(self, name))

    @property
    def values(self) -> dict[str, Any]:
        """What the list's statement compares with; of the words, patterns of their folded forms."""
        return {name: getattr(self, name) for name in self.parts} | {"words": _patterns(self.words)}


@dataclass(frozen=True)
class ChallengePage(Page[ChallengeView]):
    """A page of a list, and how many challenges the whole list has."""

    total: int


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


def visible_challenge(actor: Actor, row: Record | None) -> ChallengeView:
    """The challenge that a row carries, if the actor may see it; refuses (`NotFound`) no row and others' drafts."""
    if row is None:
        raise _unknown()
    view = challenge_of(row)
    if view.published_at is None and not can(actor, ChallengeAction.MANAGE, view):
        raise _unknown()
    return view


def challenge_of(row: Record) -> ChallengeView:
    """The challenge that a row carries (`CHALLENGE`), whoever asks: a gate of the caller's own stands before it."""
    values = CHALLENGE.of(row)
    now = values.pop("now")
    zone = now.tzinfo

    def moment(epoch: float) -> datetime:
        return datetime.fromtimestamp(float(epoch), zone)

    periods = [Period(Phase(phase), moment(start), moment(end)) for phase, start, end in values.pop("periods") or []]
    moves = [Move(Phase(phase) if phase else None, moment(at)) for phase, at in values.pop("moves") or []]
    overrides = [_override(*rule) for rule in values.pop("rules") or []]
    categories = tuple(CategoryRow(number, name) for _, name, number in sorted(values.pop("categories") or []))
    for name in ("learning_questions", "partners", "links"):
        values[name] = tuple(values[name])
    values["territory"] = territory_name(values["territory_code"])
    return ChallengeView(**values, stage=current_stage(now, periods, moves, overrides), categories=categories)


def find_challenge_id(slug: str) -> int | None:
    return db.session.execute(select(Challenge.id).where(Challenge.slug == slug)).scalar_one_or_none()


def list_public_challenges(chosen: ChallengeFilter, cursor: str | None = None) -> ChallengePage:
    """A page of public challenges: those that ask for something now first, then the newest.

    Refuses with `Invalid` a cursor that was not issued here.
    """
    key = decode_cursor(cursor, 3)
    values = dict(chosen.values)
    if key is not None:
        values |= {"last_resting": bool(key[0]), "last_date": time_of(int(key[1])), "last_id": key[2]}
    rows = run(_public(chosen.parts, key is not None), values).all()
    return _page(rows, lambda row: (int(row.resting), number_of(row.challenge_published_at), row.challenge_id))


def list_managed_challenges(actor: Actor, cursor: str | None = None) -> ChallengePage:
    """A page of the challenges, drafts included, that the actor helps to run; the newest first.

    Refuses with `Invalid` a cursor that was not issued here.
    """
    key = decode_cursor(cursor, 1)
    own = None if any(actor.has_role(role) for role in _RUNNING) else [scope for _, scope in actor.grants if scope]
    values = {"own": own or [], "last_id": key[0] if key else None}
    rows = run(_managed(own is None, key is not None), values).all()
    return _page(rows, lambda row: (row.challenge_id,))


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
# A statement about something in a challenge joins `Challenge`, carries these, and asks `challenge_of` for the view.
CHALLENGE = Carried(
    "challenge",
    [
        *(column for column in Challenge.__table__.columns if column.name not in UNSEEN),
        # The clock, not the start of the transaction: a move made while this one waited counts.
        func.clock_timestamp().label("now"),
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
    ],
)
_WHOLE: Query = select(*CHALLENGE.columns).select_from(Challenge)
_RUNNING = (Role.FACILITATOR, Role.MODERATOR, Role.ANALYST)
_RESTING = _CURRENT.is_(None)
_CONDITIONS: dict[str, Any] = {
    "phase": bindparam("phase") == _CURRENT,
    "sector": Challenge.sector == bindparam("sector"),
    "department": func.left(Challenge.territory_code, 2) == bindparam("department"),
    # Every word somewhere, in any order.
    "words": Challenge.folded.op("like")(func.all(bindparam("words", type_=ARRAY(Text)))),
}

# Built once: putting a statement together costs more than running it.
_BY_SLUG = _WHOLE.where(Challenge.slug == bindparam("wanted"))
_BY_ID = _WHOLE.where(Challenge.id == bindparam("wanted"))


# One statement for each combination of filters, with the values bound when it runs.
@cache
def _public(parts: tuple[str, ...], continued: bool) -> Query:
    conditions = [Challenge.published_at.is_not(None), *(_CONDITIONS[part] for part in parts)]
    query = _counted(_WHOLE.add_columns(_RESTING.label("resting")), conditions)
    if continued:
        # Resting ones come last, of each the newest first: one comparison of rows with the first part turned round.
        place = tuple_(not_(_RESTING), Challenge.published_at, Challenge.id)
        last = tuple_(
            not_(bindparam("last_resting", type_=Boolean())),
            bindparam("last_date", type_=Challenge.published_at.type),
            bindparam("last_id", type_=Challenge.id.type),
        )
        query = query.where(place < last)
    return query.order_by(_RESTING, Challenge.published_at.desc(), Challenge.id.desc()).limit(LIST_LIMIT + 1)


@cache
def _managed(all_of_them: bool, continued: bool) -> Query:
    conditions = [] if all_of_them else [Challenge.id == func.any(bindparam("own", type_=ARRAY(BigInteger)))]
    query = _counted(_WHOLE, conditions)
    if continued:
        query = query.where(Challenge.id < bindparam("last_id", type_=Challenge.id.type))
    return query.order_by(Challenge.id.desc()).limit(LIST_LIMIT + 1)


def _counted(query: Query, conditions: list[Any]) -> Query:
    """The challenges of which these hold, each row with the number of all of them."""
    number = select(func.count()).select_from(Challenge).where(*conditions).correlate(None).scalar_subquery()
    return query.add_columns(number.label("total")).where(*conditions)


def _page(rows: Sequence[Record], key: Any) -> ChallengePage:
    shown = rows[:LIST_LIMIT]
    cursor = encode_cursor(key(shown[-1])) if len(rows) > LIST_LIMIT else None
    return ChallengePage([challenge_of(row) for row in shown], cursor, rows[0].total if rows else 0)


def _visible(actor: Actor, query: Query, wanted: str | int) -> ChallengeView:
    return visible_challenge(actor, run(query, {"wanted": wanted}).one_or_none())


def _patterns(words: str) -> list[str]:
    escaped = fold(words).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [f"%{word}%" for word in escaped.split()]


def _override(activity: str, phase: str | None, allowed: bool | None, assurance: int | None) -> Override:
    return Override(
        Activity(activity),
        Phase(phase) if phase else None,
        allowed,
        None if assurance is None else Assurance(assurance),
    )


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este reto."))
