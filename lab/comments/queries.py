"""Reads of threads: a page of top-level comments with what hangs below them, in two queries however deep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, tuple_
from sqlalchemy.orm import aliased

from lab.accounts.models import Person
from lab.challenges.queries import ChallengeView, get_visible_challenge_by_id
from lab.comments.models import Comment
from lab.contributions.models import Contribution, State
from lab.contributions.permissions import may_read
from lab.core.actors import SYSTEM, Actor
from lab.core.db import Query, Record, db
from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.paging import Page, decode_cursor, encode_cursor

ROOTS_A_PAGE = 50
REPLIES_A_PAGE = 300
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


def list_threads(target_id: int, order: CommentOrder, cursor: str | None = None) -> Page[Node]:
    """A page of top-level comments in the given order, each with its first levels of replies, oldest first."""
    query = _NODES.where(Comment.target_id == target_id, Comment.depth == 0)
    rows = _ordered(query, order, cursor)
    shown = [_node(row) for row in rows[:ROOTS_A_PAGE]]
    _hang_replies(shown, LEVELS_DRAWN)
    cursor_after = encode_cursor(_key(order, rows[ROOTS_A_PAGE - 1])) if len(rows) > ROOTS_A_PAGE else None
    return Page(_worth_showing(shown), cursor_after)


def get_thread(comment: CommentView) -> Node:
    """One comment with the levels below it: the page "continue this thread"."""
    root = _node(db.session.execute(_NODES.where(Comment.id == comment.id)).one())
    _hang_replies([root], comment.depth + LEVELS_DRAWN, comment.root_id)
    return root


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


def _ordered(query: Query, order: CommentOrder, cursor: str | None) -> Sequence[Record]:
    key = decode_cursor(cursor, 2)
    position = tuple_(Contribution.support, Comment.id) if order == CommentOrder.SUPPORT else tuple_(Comment.id, 0)
    if key is not None:
        bound = tuple_(*key)
        query = query.where(position > bound if order == CommentOrder.OLDEST else position < bound)
    columns = [Contribution.support.desc(), Comment.id.desc()] if order == CommentOrder.SUPPORT else [Comment.id]
    if order == CommentOrder.NEWEST:
        columns = [Comment.id.desc()]
    return db.session.execute(query.order_by(*columns).limit(ROOTS_A_PAGE + 1)).all()


def _key(order: CommentOrder, row: Record) -> tuple[int, int]:
    return (row.support, row.id) if order == CommentOrder.SUPPORT else (row.id, 0)


def _hang_replies(shown: list[Node], below: int, root_id: int | None = None) -> None:
    """Fetches the replies of these comments down to depth `below` and marks those that continue."""
    if not shown:
        return
    roots = [root_id] if root_id is not None else [node.id for node in shown]
    query = _NODES.where(Comment.root_id.in_(roots), Comment.depth > shown[0].depth, Comment.depth <= below)
    rows = db.session.execute(query.order_by(Comment.id).limit(REPLIES_A_PAGE)).all()
    by_id = {node.id: node for node in shown}
    for node in (_node(row) for row in rows):
        parent = by_id.get(node.parent_id or 0)
        if parent is None:
            continue
        if node.depth >= below:
            parent.more = True
        else:
            by_id[node.id] = node
            parent.replies.append(node)
    if len(rows) == REPLIES_A_PAGE:
        _mark_unfinished(shown)


def _mark_unfinished(shown: list[Node]) -> None:
    """A very long discussion: every thread offers its own page, where nothing is cut."""
    for node in shown:
        node.more = True


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
