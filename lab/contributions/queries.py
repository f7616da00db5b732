"""Reads that every kind of contribution shares: lists in four orders, search, counts, versions."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, tuple_

from lab.accounts.models import Person
from lab.challenges.models import Challenge
from lab.challenges.queries import CHALLENGE, ChallengeView, challenge_of, territory_name
from lab.contributions.models import (
    SHUFFLE_RING,
    Contribution,
    ContributionVersion,
    SearchDocument,
    State,
)
from lab.contributions.permissions import may_read
from lab.core.actors import Actor
from lab.core.db import Carried, Query, Record, db, run
from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page, decode_cursor, encode_cursor, number_of, time_of
from lab.core.text import clean, fold

PAGE_SIZE = 20
SEARCH_LIMIT = 500
COUNT_LIMIT = 500
Parts = tuple[str, ...]


class Order(StrEnum):
    NEWEST = "newest"
    SUPPORT = "support"
    DISCUSSION = "discussion"
    SHUFFLED = "shuffled"


@dataclass(frozen=True)
class ListFilter:
    """What a list of contributions may be narrowed by; the words are searched without regard to accents."""

    kind: str = ""
    category_id: int | None = None
    department: str = ""
    words: str = ""

    @property
    def active(self) -> int:
        return len(self.parts)

    @property
    def parts(self) -> Parts:
        """Which of the four narrow the list: what its statement depends on."""
        return tuple(name for name, value in self.values.items() if value)

    @property
    def values(self) -> dict[str, Any]:
        """What a statement with these parts is given."""
        return {
            "kind": clean(self.kind),
            "category": self.category_id,
            "department": clean(self.department)[:2],
            "words": _LONE_HYPHENS.sub(" ", fold(clean(self.words))),
        }


@dataclass(frozen=True)
class ListRow:
    """What a card shows, selected as columns: no object graph, no second query for a row."""

    id: int
    kind: str
    title: str
    excerpt: str
    author: str
    territory: str
    category_id: int | None
    support: int
    comment_count: int
    version: int
    published_at: datetime
    supported: bool
    language: str


@dataclass(frozen=True)
class ContributionView:
    """A contribution of any kind as its challenge's permissions see it."""

    id: int
    kind: str
    state: State
    title: str
    language: str
    author_id: int
    version: int
    comment_count: int
    challenge: ChallengeView


@dataclass(frozen=True)
class Count:
    """How many, exactly up to `COUNT_LIMIT` and "more than" beyond."""

    number: int
    more: bool = False


def get_visible_contribution(actor: Actor, contribution_id: int) -> ContributionView:
    """The contribution, whatever its kind, if the actor may read it; else `NotFound`."""
    row = run(_ONE, {"wanted": contribution_id}).one_or_none()
    if row is None:
        raise NotFound(lazy("No encontramos este aporte."))
    values = _CONTRIBUTION.of(row)
    view = ContributionView(**values | {"state": State(values["state"])}, challenge=challenge_of(row))
    if not may_read(actor, view):
        raise NotFound(lazy("No encontramos este aporte."))
    return view


def list_published(
    cards: Query,
    reader: Actor,
    challenge_id: int,
    chosen: ListFilter,
    order: Order,
    cursor: str | None = None,
    start: int = 0,
) -> Page[ListRow]:
    """A page of public ideas. `cards` are the columns (`card_columns`), `start` is where the shuffled ring begins.

    Refuses with `Invalid` a cursor that was not issued for this order.
    """
    values = {"challenge": challenge_id, "reader": reader.person_id, **chosen.values}
    if order == Order.SHUFFLED:
        return _shuffled_page(_stretches(cards, chosen.parts), values, start, cursor)
    return _ordered_page(cards, chosen.parts, values, order, cursor)


def card_columns(body: Any, supported: Any) -> Query:
    """What a card shows: `body` is the column of the wide text, `supported` the state of the reader, who is
    bound as `reader`."""
    return (
        select(
            Contribution.id,
            Contribution.kind,
            Contribution.title,
            func.left(body, 400).label("excerpt"),
            Person.display_name.label("author"),
            Contribution.territory_code,
            Contribution.category_id,
            Contribution.support,
            Contribution.comment_count,
            Contribution.version,
            Contribution.published_at,
            supported.label("supported"),
            Contribution.language,
            Contribution.shuffle,
        )
        .join(body.class_, body.class_.id == Contribution.id)
        .join(Person, Person.id == Contribution.author_id)
    )


def count_published(challenge_id: int, chosen: ListFilter) -> Count:
    """How many public ideas the filter leaves; counting stops where the exact number stops mattering."""
    values = {"challenge": challenge_id, **chosen.values}
    number = run(_count(chosen.parts), values).scalar_one()
    return Count(min(number, COUNT_LIMIT), number > COUNT_LIMIT)


def shuffle_start(visitor: str, day: date) -> int:
    """Where on the ring a visitor's list begins on a day: the same all day, another tomorrow."""
    digest = hashlib.blake2b(f"{visitor}:{day.isoformat()}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % SHUFFLE_RING


def list_versions(contribution_id: int, private: bool = False) -> Sequence[Record]:
    """The versions that were public, with `private` every one (for the author), the newest first.

    Number, title, fields, when, and whether it was public.
    """
    query = (
        select(
            ContributionVersion.version,
            ContributionVersion.title,
            ContributionVersion.fields,
            ContributionVersion.edited_at,
            ContributionVersion.was_public,
        )
        .where(ContributionVersion.contribution_id == contribution_id, ContributionVersion.was_public | private)
        .order_by(ContributionVersion.version.desc())
    )
    return db.session.execute(query).all()


def find_sent(actor: Actor, key: str | None) -> Record | None:
    """What the actor sent before with this key: id, state and the digest of all that was sent."""
    query = select(Contribution.id, Contribution.state, Contribution.digest).where(
        Contribution.author_id == actor.person_id, Contribution.idempotency_key == key
    )
    return db.session.execute(query).one_or_none()


def list_by_author(author_id: int, limit: int = 100) -> Sequence[Record]:
    """What a person contributed, in every state, the newest first."""
    query = (
        select(
            Contribution.id,
            Contribution.kind,
            Contribution.title,
            Contribution.state,
            Contribution.created_at,
        )
        .where(Contribution.author_id == author_id)
        .order_by(Contribution.id.desc())
        .limit(limit)
    )
    return db.session.execute(query).all()


_CONTRIBUTION = Carried(
    "contribution",
    [
        Contribution.id,
        Contribution.kind,
        Contribution.state,
        Contribution.title,
        Contribution.language,
        Contribution.author_id,
        Contribution.version,
        Contribution.comment_count,
    ],
)
_ONE: Query = (
    select(*_CONTRIBUTION.columns, *CHALLENGE.columns)
    .join_from(Contribution, Challenge, Challenge.id == Contribution.challenge_id)
    .where(Contribution.id == bindparam("wanted"))
)


# A list's statements are put together once for each combination of filters, with the values bound when they
# run: putting one together costs several times what sending it does.
@cache
def _filtered(columns: Query, parts: Parts) -> Query:
    query = columns.where(
        Contribution.challenge_id == bindparam("challenge"),
        Contribution.state == State.PUBLISHED,
        Contribution.kind != "comment",
    )
    return query.where(*(_CONDITIONS[part] for part in parts))


# PostgreSQL reads a hyphen as "not" and gives up ("tsquery stack too small") on forty of them in a row.
_LONE_HYPHENS = re.compile(r"-(?!\w)")

# At most `SEARCH_LIMIT` matches: ranking or sorting every row with a common word would take seconds.
_MATCHES = (
    select(SearchDocument.contribution_id)
    .where(
        SearchDocument.document.op("@@")(func.websearch_to_tsquery("spanish", bindparam("words"))),
        SearchDocument.challenge_id == bindparam("challenge"),
    )
    .limit(SEARCH_LIMIT + 1)
    .subquery()
)
_CONDITIONS: dict[str, Any] = {
    "kind": Contribution.kind == bindparam("kind"),
    "category": Contribution.category_id == bindparam("category"),
    "department": func.left(Contribution.territory_code, 2) == bindparam("department"),
    "words": Contribution.id.in_(select(_MATCHES.c.contribution_id)),
}
_KEYS: dict[Order, Any] = {
    Order.NEWEST: Contribution.published_at,
    Order.SUPPORT: Contribution.support,
    Order.DISCUSSION: Contribution.comment_count,
}


@cache
def _count(parts: Parts) -> Query:
    ids = _filtered(select(Contribution.id), parts).limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(ids)


@cache
def _ordered(columns: Query, parts: Parts, order: Order, continued: bool) -> Query:
    query, column = _filtered(columns, parts), _KEYS[order]
    if continued:
        last = tuple_(bindparam("last", type_=column.type), bindparam("last_id", type_=Contribution.id.type))
        query = query.where(tuple_(column, Contribution.id) < last)
    return query.order_by(column.desc(), Contribution.id.desc()).limit(PAGE_SIZE + 1)


@cache
def _stretches(columns: Query, parts: Parts) -> Query:
    place = Contribution.shuffle
    stretch = _filtered(columns, parts).where(place >= bindparam("first"), place < bindparam("end"))
    return stretch.order_by(place).limit(PAGE_SIZE + 1)


def _ordered_page(
    columns: Query, parts: Parts, values: dict[str, Any], order: Order, cursor: str | None
) -> Page[ListRow]:
    key = decode_cursor(cursor, 2)
    if key is not None:
        values |= {"last": _bound(order, key[0]), "last_id": key[1]}
    rows = run(_ordered(columns, parts, order, key is not None), values).all()
    return _page(rows, lambda row: (_plain(getattr(row, _KEYS[order].key)), row.id))


def _shuffled_page(query: Query, values: dict[str, Any], start: int, cursor: str | None) -> Page[ListRow]:
    """Walks the ring from `start` once around; the cursor is the start and the distance already walked."""
    begin, walked = decode_cursor(cursor, 2) or (start, 0)
    at = (int(begin) + int(walked)) % SHUFFLE_RING
    end = SHUFFLE_RING if at >= int(begin) else int(begin)
    rows = list(run(query, values | {"first": at, "end": end}))
    if at >= int(begin) and len(rows) <= PAGE_SIZE:
        rows += run(query, values | {"first": 0, "end": int(begin)})
    return _page(rows[: PAGE_SIZE + 1], lambda row: (begin, (row.shuffle - int(begin)) % SHUFFLE_RING + 1))


def _page(rows: Sequence[Record], key: Any) -> Page[ListRow]:
    shown = rows[:PAGE_SIZE]
    cursor = encode_cursor(key(shown[-1])) if len(rows) > PAGE_SIZE else None
    return Page([_row(row) for row in shown], cursor)


def _row(row: Record) -> ListRow:
    columns = list(row[:13])
    columns[5] = territory_name(row.territory_code)
    return ListRow(*columns)


def _plain(value: Any) -> int:
    return number_of(value) if isinstance(value, datetime) else int(value)


def _bound(order: Order, value: int | str) -> Any:
    return time_of(int(value)) if order == Order.NEWEST else int(value)
