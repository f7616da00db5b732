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


def present_node(node: Node, drawing: Drawing) -> dict[str, Any]:
    """One comment and what hangs below it; the comment itself is already drawn."""
    return {
        "id": node.id,
        "drawn": _drawn(node, drawing),
        "more_url": f"/comments/{node.id}" if node.more else "",
        "replies": [present_node(reply, drawing) for reply in node.replies],
    }


def _drawn(node: Node, drawing: Drawing) -> Markup:
    created = when(node.created_at)
    may_answer, own = _answerable(node, drawing), _own(node, drawing.actor)
    key = (node.id, node.author, node.state, node.text, node.support, node.supported, created)
    present = partial(_present, node, drawing, created)
    return fragment(
        "comments/_comment.html", (*key, may_answer, own, drawing.may_support), lambda: {"comment": present()}
    )


def _present(node: Node, drawing: Drawing, created: Markup) -> dict[str, Any]:
    return {
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
    }


def _answerable(node: Node, drawing: Drawing) -> bool:
    return drawing.may_write and node.public and node.depth < DEPTH_LIMIT


def _own(node: Node, actor: Actor) -> bool:
    return node.public and actor.person_id is not None and node.author_id == actor.person_id
