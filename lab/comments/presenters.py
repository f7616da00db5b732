"""Comments as their macro draws them."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from lab.comments.permissions import CommentAction
from lab.comments.threads import Node
from lab.core import addresses
from lab.core.actors import Actor
from lab.core.dates import when
from lab.core.i18n import gettext as _
from lab.core.permissions import can
from lab.core.rendering import fragment
from lab.core.text import markdown


@dataclass(frozen=True)
class Drawing:
    """What the reader may do in this discussion: decided once for all its comments.

    `moderated_at` is the page that moderators come back to from a comment, empty for everybody else; `page_of` is
    the comment whose own page this is.
    """

    actor: Actor
    may_write: bool
    may_support: bool
    moderated_at: str = ""
    page_of: int | None = None


def draw_node(node: Node, drawing: Drawing) -> Markup:
    """One comment and what hangs below it, as its list shows it."""
    created, replies = when(node.created_at), tuple(draw_node(reply, drawing) for reply in node.replies)
    key = (node.id, node.author, node.state, node.readable, node.text, node.language, node.support, node.supported)
    allowed = (_answerable(node, drawing), _own(node, drawing.actor), drawing.may_support)
    shown = (_hide_url(node, drawing), _state_url(node, drawing), bool(drawing.moderated_at), node.more, created)
    present = partial(_present, node, drawing, created, replies)
    return fragment("comments/_comment.html", (*key, *shown, *allowed, replies), present)


def _present(node: Node, drawing: Drawing, created: Markup, replies: tuple[Markup, ...]) -> dict[str, Any]:
    comment = {
        "id": node.id,
        "author": node.author or _("Participante"),
        "created": created,
        "body_html": markdown(node.text),
        "language": node.language,
        "support": node.support,
        "supported": node.supported,
        "can_support": drawing.may_support and node.public,
        "gone": not node.readable,
        "state": node.state,
        "permalink": f"/comments/{node.id}",
        "reply_url": f"/comments/{node.id}/reply" if _answerable(node, drawing) else "",
        "withdraw_url": f"/comments/{node.id}/withdraw" if _own(node, drawing.actor) else "",
        "hide_url": _hide_url(node, drawing),
        "state_url": _state_url(node, drawing),
        "moderated": bool(drawing.moderated_at),
        "more_url": f"/comments/{node.id}" if node.more else "",
        "replies": replies,
    }
    return {"comment": comment}


def _answerable(node: Node, drawing: Drawing) -> bool:
    return drawing.may_write and can(drawing.actor, CommentAction.ANSWER, node)


def _own(node: Node, actor: Actor) -> bool:
    return can(actor, CommentAction.WITHDRAW, node)


def _state_url(node: Node, drawing: Drawing) -> str:
    """Where it says why this comment is not public, and where moderators decide on it."""
    unseen = node.readable and not node.public
    return f"/comments/{node.id}" if unseen and node.id != drawing.page_of else ""


def _hide_url(node: Node, drawing: Drawing) -> str:
    """Moderation stands above comments: it told where a contribution is hidden, as features tell where their pages
    are. Elsewhere than on its own page, which has a place for it."""
    if not (drawing.moderated_at and node.public) or node.id == drawing.page_of:
        return ""
    return f"{addresses.address_of('hiding', node.id)}?{urlencode({'next': drawing.moderated_at})}"
