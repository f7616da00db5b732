"""Ideas and comments, by the operations that the pages use."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, update

from lab.challenges.phases import Activity
from lab.challenges.queries import ChallengeView
from lab.comments import operations as comments
from lab.comments import queries as comment_queries
from lab.comments.models import Comment
from lab.comments.queries import CommentView
from lab.contributions.models import Contribution, Kind, State
from lab.core.actors import Actor
from lab.core.db import db, unit_of_work
from lab.ideas import operations as ideas
from lab.ideas import queries as idea_queries
from lab.ideas.models import Idea, NeedType
from lab.ideas.queries import IdeaView
from lab.moderation import operations as moderation
from lab.moderation import queries as moderation_queries


def an_idea(
    challenge: ChallengeView, author: Actor, kind: Kind | None = None, *, draft: bool = False, **written: Any
) -> IdeaView:
    """An idea of a kind that the challenge's phase asks for, published unless it is a draft or held."""
    kind = kind or _kind_for(challenge)
    if kind == Kind.NEED:
        written.setdefault("need_type", NeedType.SERVICE)
    text = ideas.IdeaText(**{"title": "Medir el agua del pozo", "body": "Cada mañana, entre todos."} | written)
    with unit_of_work():
        stored = ideas.propose_idea(author, ideas.Proposal(challenge, kind), text, uuid4().hex, draft)
    return idea_queries.get_visible_idea(author, stored.id)


def a_comment(target: Any, author: Actor, body: str = "De acuerdo.", parent: CommentView | None = None) -> CommentView:
    """A comment on a loaded contribution, or an answer to `parent` in its discussion."""
    with unit_of_work():
        stored = comments.write_comment(author, target, comments.CommentText(body, parent=parent), uuid4().hex)
    return comment_queries.get_visible_comment(author, stored.id)


def hide(moderator: Actor, contribution_id: int, reason: str = "No es del tema.") -> None:
    with unit_of_work():
        moderation.hide(moderator, moderation_queries.get_moderated(moderator, contribution_id), reason)


def restore(moderator: Actor, contribution_id: int) -> None:
    with unit_of_work():
        moderation.restore(moderator, moderation_queries.get_moderated(moderator, contribution_id))


def _kind_for(challenge: ChallengeView) -> Kind:
    asked = challenge.stage.activities
    return next(kind for kind in (Kind.FINDING, Kind.NEED, Kind.PROPOSAL) if Activity(kind) in asked)


def many_ideas(challenge: ChallengeView, author: Actor, number: int, supports: Sequence[int] = (0,)) -> list[int]:
    """Published ideas written straight into the tables, for lists; supports repeat in the order given."""
    rows = [
        {
            "challenge_id": challenge.id,
            "kind": "finding",
            "state": "published",
            "title": f"Idea {place}",
            "author_id": author.person_id,
            "support": supports[place % len(supports)],
            "comment_count": supports[place % len(supports)],
            "published_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=place // 3),
        }
        for place in range(number)
    ]
    with db.engine.begin() as connection:
        stored = insert(Contribution).returning(Contribution.id, sort_by_parameter_order=True)
        ids = list(connection.execute(stored, rows).scalars())
        connection.execute(insert(Idea), [{"id": each, "body": "Un texto."} for each in ids])
    return ids


def many_comments(
    target: IdeaView,
    author: Actor,
    number: int,
    supports: Sequence[int] = (0,),
    replies: int = 0,
    state: State = State.PUBLISHED,
) -> list[int]:
    """Top-level comments in a state, each with published direct answers, written straight into the tables."""
    with db.engine.begin() as connection:
        counts = [supports[place % len(supports)] for place in range(number)]
        tops = _comment_rows(connection, target, author, counts, state)
        text = {"target_id": target.id, "body": "Un comentario."}
        connection.execute(insert(Comment), [{"id": each, "root_id": each, "below": replies} | text for each in tops])
        for parent in tops if replies else ():
            below = {"root_id": parent, "parent_id": parent, "depth": 1} | text
            ids = _comment_rows(connection, target, author, [0] * replies)
            connection.execute(insert(Comment), [{"id": each} | below for each in ids])
    return tops


def many_answers(target: IdeaView, parent: CommentView, author: Actor, number: int) -> list[int]:
    """Published answers to a comment of the first two levels, written straight into the tables."""
    place = {"target_id": target.id, "parent_id": parent.id, "root_id": parent.root_id, "depth": parent.depth + 1}
    with db.engine.begin() as connection:
        ids = _comment_rows(connection, target, author, [0] * number)
        connection.execute(insert(Comment), [{"id": each, "body": "Una respuesta."} | place for each in ids])
        above = update(Comment).where(Comment.id.in_([parent.id, parent.root_id]))
        connection.execute(above.values(below=Comment.below + number))
    return ids


def _comment_rows(
    connection: Connection, target: IdeaView, author: Actor, supports: Sequence[int], state: State = State.PUBLISHED
) -> list[int]:
    rows = [
        {
            "challenge_id": target.challenge.id,
            "kind": "comment",
            "state": state,
            "author_id": author.person_id,
            "support": support,
            "published_at": None if state == State.HELD else datetime.now(UTC),
        }
        for support in supports
    ]
    stored = insert(Contribution).returning(Contribution.id, sort_by_parameter_order=True)
    return list(connection.execute(stored, rows).scalars())
