"""Reads of threads: a page of top-level comments with what hangs below them, in one query however deep."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from lab.accounts.models import Person
from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id
from lab.comments.models import Comment
from lab.contributions.models import Contribution, State
from lab.contributions.permissions import may_read
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Query, Record, db, run
from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page, decode_cursor, encode_cursor
from lab.votes.queries import supports

ROOTS_A_PAGE = 50
NODES_A_PAGE = 400
LEVELS_DRAWN = 3


class CommentOrder(StrEnum):
    OLDEST = "oldest"
    NEWEST = "newest"
    SUPPORT = "support"


@dataclass(frozen=True)
class CommentView:
    """One comment as loaded for permissions, with the contribution it discusses."""

    id: int
    state: State
    author_id: int
    version: int
    target_id: int
    target_kind: str
    target_state: State
    target_author_id: int
    root_id: int
    depth: int
    body: str
    challenge: ChallengeView


@dataclass
class Node:
    """A comment in its thread. `text` is empty where the comment was withdrawn or hidden: only its place shows."""

    id: int
    author: str
    author_id: int
    state: State
    text: str
    support: int
    depth: int
    parent_id: int | None
    created_at: datetime
    supported: bool
    replies: list["Node"] = field(default_factory=list)
    more: bool = False

    @property
    def public(self) -> bool:
        return self.state == State.PUBLISHED


def get_visible_comment(actor: Actor, comment_id: int) -> CommentView:
    """The comment if the actor may read it and what it discusses; else `NotFound`."""
    target = aliased(Contribution)
    query = (
        select(
            Contribution.id,
            Contribution.state,
            Contribution.author_id,
            Contribution.version,
            Contribution.challenge_id,
            Comment.target_id,
            target.kind.label("target_kind"),
            target.state.label("target_state"),
            target.author_id.label("target_author_id"),
            Comment.root_id,
            Comment.depth,
            Comment.body,
        )
        .join(Comment, Comment.id == Contribution.id)
        .join(target, target.id == Comment.target_id)
        .where(Contribution.id == comment_id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise _unknown()
    view = _view(row)
    if not (may_read(actor, view) and may_read(actor, _Target(view))):
        raise _unknown()
    return view


def list_threads(actor: Actor, target_id: int, order: CommentOrder, cursor: str | None = None) -> Page[Node]:
    """A page of top-level comments in the given order, each with its first levels of replies, oldest first.

    One query, however deep the discussion.
    """
    key = decode_cursor(cursor, 2)
    values: dict[str, Any] = {"target": target_id, "reader": actor.person_id}
    if key is not None:
        values |= {"last": key[0], "last_id": key[1]}
    rows = run(_threads(order, key is not None, actor.person_id is not None), values).all()
    tops = [row for row in rows if row.depth == 0]
    after = encode_cursor(_key(order, tops[ROOTS_A_PAGE - 1])) if len(tops) > ROOTS_A_PAGE else None
    shown = _hang([_node(row) for row in rows], LEVELS_DRAWN)
    return Page(_worth_showing(shown[:ROOTS_A_PAGE]), after)


def get_thread(actor: Actor, comment: CommentView) -> Node:
    """One comment with the levels below it: the page "continue this thread"."""
    below = comment.depth + LEVELS_DRAWN
    query = _nodes(actor.person_id is not None).where(
        Comment.root_id == comment.root_id,
        or_(Comment.id == comment.id, and_(Comment.depth > comment.depth, Comment.depth <= below)),
    )
    ordered = query.order_by(Comment.depth, Comment.id).limit(NODES_A_PAGE)
    rows = db.session.execute(ordered, {"reader": actor.person_id}).all()
    return _hang([_node(row) for row in rows], below)[0]


# Built once for each order: putting a statement together costs more than running it.
@cache
def _threads(order: CommentOrder, continued: bool, known: bool) -> Query:
    roots = _page_of_roots(order, continued)
    query = _nodes(known).join(roots, roots.c.id == Comment.root_id).where(Comment.depth <= LEVELS_DRAWN)
    return query.order_by(Comment.depth, roots.c.place, Comment.id).limit(NODES_A_PAGE)


def _nodes(known: bool) -> Query:
    return _NODES.add_columns(supports(Comment.id, known).label("supported"))


_NODES: Query = (
    select(
        Comment.id,
        Person.display_name,
        Contribution.author_id,
        Contribution.state,
        Comment.body,
        Contribution.support,
        Comment.depth,
        Comment.parent_id,
        Contribution.created_at,
    )
    .join(Contribution, Contribution.id == Comment.id)
    .join(Person, Person.id == Contribution.author_id)
)


def _page_of_roots(order: CommentOrder, continued: bool) -> Any:
    """The top-level comments of a page, and one more, numbered in their order."""
    columns = _ORDERS[order]
    query = (
        select(Comment.id, func.row_number().over(order_by=columns).label("place"))
        .join(Contribution, Contribution.id == Comment.id)
        .where(Comment.target_id == bindparam("target"), Comment.depth == 0)
    )
    if continued:
        by_support = order == CommentOrder.SUPPORT
        position = tuple_(Contribution.support, Comment.id) if by_support else tuple_(Comment.id, literal(0))
        last = tuple_(bindparam("last", type_=BigInteger), bindparam("last_id", type_=BigInteger))
        query = query.where(position > last if order == CommentOrder.OLDEST else position < last)
    return query.order_by(*columns).limit(ROOTS_A_PAGE + 1).subquery()


_ORDERS: dict[CommentOrder, list[Any]] = {
    CommentOrder.OLDEST: [Comment.id],
    CommentOrder.NEWEST: [Comment.id.desc()],
    CommentOrder.SUPPORT: [Contribution.support.desc(), Comment.id.desc()],
}


def _key(order: CommentOrder, row: Record) -> tuple[int, int]:
    return (row.support, row.id) if order == CommentOrder.SUPPORT else (row.id, 0)


def _hang(nodes: list[Node], below: int) -> list[Node]:
    """Hangs each comment on the one it answers; what lies at depth `below` only marks that the thread goes on.

    Rows come top levels first; a discussion longer than a page of rows offers every thread on its own page.
    """
    by_id: dict[int, Node] = {}
    tops: list[Node] = []
    for node in nodes:
        parent = by_id.get(node.parent_id or 0)
        if node.depth >= below and parent is not None:
            parent.more = True
            continue
        by_id[node.id] = node
        (parent.replies if parent else tops).append(node)
    if len(nodes) == NODES_A_PAGE:
        for node in tops:
            node.more = True
    return tops


def _worth_showing(nodes: list[Node]) -> list[Node]:
    """Withdrawn and hidden comments stay only where somebody answered them."""
    kept = [node for node in nodes if node.public or node.replies or node.more]
    for node in kept:
        node.replies = _worth_showing(node.replies)
    return kept


def _node(row: Record) -> Node:
    state = State(row.state)
    public = state == State.PUBLISHED
    return Node(
        row.id,
        row.display_name if public else "",
        row.author_id,
        state,
        row.body if public else "",
        row.support,
        row.depth,
        row.parent_id,
        row.created_at,
        row.supported,
    )


@dataclass(frozen=True)
class _Target:
    """The discussed contribution as `may_read` asks for it."""

    comment: CommentView

    @property
    def state(self) -> State:
        return self.comment.target_state

    @property
    def author_id(self) -> int:
        return self.comment.target_author_id

    @property
    def challenge(self) -> ChallengeView:
        return self.comment.challenge


def _view(row: Record) -> CommentView:
    values = dict(row._mapping)
    challenge = get_visible_challenge_by_id(SYSTEM, values.pop("challenge_id"))
    states = {"state": State(row.state), "target_state": State(row.target_state)}
    return CommentView(**values | states, challenge=challenge)


def _unknown() -> NotFound:
    return NotFound(lazy("No encontramos este comentario."))
