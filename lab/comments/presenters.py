"""Comments as their macro draws them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

from lab.comments.models import DEPTH_LIMIT
from lab.comments.queries import Node
from lab.contributions.models import State
from lab.core.actors import Actor
from lab.core.dates import when
from lab.core.i18n import gettext as _
from lab.core.rendering import fragment
from lab.core.text import markdown


@dataclass(frozen=True)
class Drawing:
    """What the reader may do in this discussion: decided once for all its comments."""

    actor: Actor
    may_write: bool
    may_support: bool


def draw_node(node: Node, drawing: Drawing) -> Markup:
    """One comment and what hangs below it, as its list shows it."""
    created, replies = when(node.created_at), tuple(draw_node(reply, drawing) for reply in node.replies)
    key = (node.id, node.author, node.state, node.text, node.support, node.supported, node.more, created)
    allowed = (_answerable(node, drawing), _own(node, drawing.actor), drawing.may_support)
    present = partial(_present, node, drawing, created, replies)
    return fragment("comments/_comment.html", (*key, *allowed, replies), present)


def _present(node: Node, drawing: Drawing, created: Markup, replies: tuple[Markup, ...]) -> dict[str, Any]:
    comment = {
        "id": node.id,
        "author": node.author or _("Participante"),
        "created": created,
        "body_html": markdown(node.text),
        "support": node.support,
        "supported": node.supported,
        "can_support": drawing.may_support and node.public,
        "withdrawn": node.state == State.WITHDRAWN,
        "hidden": node.state in (State.HIDDEN, State.HELD),
        "permalink": f"/comments/{node.id}",
        "reply_url": f"/comments/{node.id}/reply" if _answerable(node, drawing) else "",
        "withdraw_url": f"/comments/{node.id}/withdraw" if _own(node, drawing.actor) else "",
        "more_url": f"/comments/{node.id}" if node.more else "",
        "replies": replies,
    }
    return {"comment": comment}


def _answerable(node: Node, drawing: Drawing) -> bool:
    return drawing.may_write and node.public and node.depth < DEPTH_LIMIT


def _own(node: Node, actor: Actor) -> bool:
    return node.public and actor.person_id is not None and node.author_id == actor.person_id
