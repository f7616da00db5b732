"""Reads of threads: a page of comments with what hangs below them, in one query however deep."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, literal, or_, select, tuple_, union_all

from lab.accounts.models import Person
from lab.comments.models import Comment
from lab.comments.queries import CommentView
from lab.contributions.models import Contribution, State
from lab.contributions.permissions import moderates
from lab.core.actors import Actor
from lab.core.db import Query, Record, run
from lab.core.paging import Page, decode_cursor, encode_cursor
from lab.votes.queries import supports

ROOTS_A_PAGE = 50
ANSWERS_A_PAGE = 50
NODES_A_PAGE = 400
LEVELS_DRAWN = 3


class CommentOrder(StrEnum):
    OLDEST = "oldest"
    NEWEST = "newest"
    SUPPORT = "support"


@dataclass
class Node:
    """A comment in its thread. Where the reader may not read it `text` is empty: only its place shows.

    `more` says that public comments under it are not drawn here.
    """

    id: int
    author: str
    author_id: int
    state: State
    readable: bool
    text: str
    language: str
    support: int
    depth: int
    below: int
    parent_id: int | None
    created_at: datetime
    supported: bool
    replies: list["Node"] = field(default_factory=list)
    more: bool = False

    @property
    def public(self) -> bool:
        return self.state == State.PUBLISHED


@dataclass(frozen=True)
class Thread:
    """A comment with a page of its answers, each with the next level below it."""

    top: Node
    next_cursor: str | None


def list_threads(actor: Actor, target: Any, order: CommentOrder, cursor: str | None = None) -> Page[Node]:
    """A page of top-level comments on a loaded contribution, each with its first levels of answers, oldest first.

    One query, however deep the discussion. A page holds what this reader sees: public comments, gone ones that
    were answered, and of the reader's own also those that wait or were hidden; moderators see all that wait.
    """
    key, reader = decode_cursor(cursor, 2), _Reader.of(actor, target)
    values: dict[str, Any] = {"target": target.id, "reader": actor.person_id}
    if key is not None:
        values |= {"last": key[0], "last_id": key[1]}
    rows = run(_threads(order, key is not None, reader.known, reader.moderates), values)
    tops = _hang([_node(row, reader) for row in rows])
    after = encode_cursor(_key(order, tops[ROOTS_A_PAGE - 1])) if len(tops) > ROOTS_A_PAGE else None
    return Page(tops[:ROOTS_A_PAGE], after)


def get_thread(actor: Actor, comment: CommentView, cursor: str | None = None) -> Thread:
    """A loaded comment with a page of its answers, oldest first: "continue this thread". One query."""
    key, reader = decode_cursor(cursor, 1), _Reader.of(actor, comment)
    values: dict[str, Any] = {"wanted": comment.id, "reader": actor.person_id}
    if key is not None:
        values["last"] = key[0]
    rows = run(_continued(key is not None, reader.known, reader.moderates), values)
    [top] = _hang([_node(row, reader) for row in rows])
    after = encode_cursor((top.replies[ANSWERS_A_PAGE - 1].id,)) if len(top.replies) > ANSWERS_A_PAGE else None
    top.replies, top.more = top.replies[:ANSWERS_A_PAGE], False
    return Thread(top, after)


def is_drawn(comment_id: int, nodes: list[Node]) -> bool:
    """Whether a page shows the comment, at any level."""
    return any(node.id == comment_id or is_drawn(comment_id, node.replies) for node in nodes)


@dataclass(frozen=True)
class _Reader:
    """Who reads a discussion, as far as it decides what they see."""

    person_id: int | None
    moderates: bool

    @classmethod
    def of(cls, actor: Actor, subject: Any) -> "_Reader":
        return cls(actor.person_id, moderates.holds(actor, subject))

    @property
    def known(self) -> bool:
        return self.person_id is not None

    def reads(self, state: State, author_id: int) -> bool:
        """`may_read`, of a comment whose discussion the reader already sees."""
        own = self.known and author_id == self.person_id
        return state == State.PUBLISHED or (state in (State.HELD, State.HIDDEN) and (own or self.moderates))


# Built once for each order and kind of reader: putting a statement together costs more than running it.
@cache
def _threads(order: CommentOrder, continued: bool, known: bool, moderating: bool) -> Query:
    roots = _page_of_roots(order, continued, known, moderating)
    query = _nodes(known).join(roots, roots.c.id == Comment.root_id)
    shown = query.where(Comment.depth < LEVELS_DRAWN, _shown_to(known, moderating))
    return shown.order_by(Comment.depth, roots.c.place, Comment.id).limit(NODES_A_PAGE)


@cache
def _continued(continued: bool, known: bool, moderating: bool) -> Query:
    """The wanted comment, a page of its answers (and one more), and the answers to those."""
    wanted = bindparam("wanted", type_=BigInteger)
    page = (
        select(Comment.id)
        .join(Contribution, Contribution.id == Comment.id)
        .where(Comment.parent_id == wanted, _shown_to(known, moderating))
    )
    if continued:
        page = page.where(Comment.id > bindparam("last", type_=BigInteger))
    answers = page.order_by(Comment.id).limit(ANSWERS_A_PAGE + 1).cte("answers")
    below = select(Comment.id).join(answers, answers.c.id == Comment.parent_id)
    drawn = union_all(select(wanted.label("id")), select(answers.c.id), below).subquery()
    query = _nodes(known).join(drawn, drawn.c.id == Comment.id)
    shown = query.where(or_(Comment.id == wanted, _shown_to(known, moderating)))
    return shown.order_by(Comment.depth, Comment.id).limit(NODES_A_PAGE)


def _shown_to(known: bool, moderating: bool) -> Any:
    """What has a place in a discussion; a reader who ever took part is bound as `reader`."""
    shown = [Contribution.state == State.PUBLISHED, Comment.below > 0]
    if known:
        own = Contribution.author_id == bindparam("reader", type_=Contribution.author_id.type)
        shown.append(and_(own, Contribution.state.in_((State.HELD, State.HIDDEN))))
    if moderating:
        shown.append(Contribution.state == State.HELD)
    return or_(*shown)


def _nodes(known: bool) -> Query:
    return _NODES.add_columns(supports(Comment.id, known).label("supported"))


_NODES: Query = (
    select(
        Comment.id,
        Person.display_name,
        Contribution.author_id,
        Contribution.state,
        Comment.body,
        Contribution.language,
        Contribution.support,
        Comment.depth,
        Comment.below,
        Comment.parent_id,
        Contribution.created_at,
    )
    .join(Contribution, Contribution.id == Comment.id)
    .join(Person, Person.id == Contribution.author_id)
)


def _page_of_roots(order: CommentOrder, continued: bool, known: bool, moderating: bool) -> Any:
    """The top-level comments of a page, and one more, numbered in their order."""
    columns = _ORDERS[order]
    query = (
        select(Comment.id, func.row_number().over(order_by=columns).label("place"))
        .join(Contribution, Contribution.id == Comment.id)
        .where(Comment.target_id == bindparam("target"), Comment.depth == 0, _shown_to(known, moderating))
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


def _key(order: CommentOrder, node: Node) -> tuple[int, int]:
    return (node.support, node.id) if order == CommentOrder.SUPPORT else (node.id, 0)


def _hang(nodes: list[Node]) -> list[Node]:
    """Hangs each comment on the one it answers, and marks where public ones below it are not drawn.

    Rows come top levels first; an answer to a comment that has no place in the discussion has none either.
    """
    by_id: dict[int, Node] = {}
    tops: list[Node] = []
    for node in nodes:
        parent = by_id.get(node.parent_id or 0)
        if parent is None and node.depth > nodes[0].depth:
            continue
        by_id[node.id] = node
        (parent.replies if parent else tops).append(node)
    for node in by_id.values():
        node.more = node.below > sum(reply.public + reply.below for reply in node.replies)
    return tops


def _node(row: Record, reader: _Reader) -> Node:
    state = State(row.state)
    readable = reader.reads(state, row.author_id)
    return Node(
        id=row.id,
        author=row.display_name if readable else "",
        author_id=row.author_id,
        state=state,
        readable=readable,
        text=row.body if readable else "",
        language=row.language,
        support=row.support,
        depth=row.depth,
        below=row.below,
        parent_id=row.parent_id,
        created_at=row.created_at,
        supported=row.supported,
    )
