"""What pages of lower features show of ideas: a challenge's tab and first ideas, an account's own
contributions, the fields of a need under review."""

from typing import Any

from lab.challenges.phases import Activity
from lab.challenges.queries import ChallengeView
from lab.contributions.models import Kind
from lab.contributions.queries import ListFilter, Order, list_by_author
from lab.core import panels
from lab.core.actors import Actor
from lab.core.i18n import gettext as _
from lab.ideas import listing, presenters, queries
from lab.votes.models import Purpose
from lab.votes.queries import get_running_ballot, may_support


def asked_kinds(challenge: ChallengeView) -> list[Kind]:
    """What the phase asks for, whoever reads: who has to sign in for it learns that one step later."""
    if challenge.published_at is None:
        return []
    return [kind for kind in presenters.KIND_NAMES if challenge.stage.allows(Activity(kind))]


def tab(actor: Actor, challenge: ChallengeView) -> panels.Panel:
    """The list as one of a challenge's parts."""
    label = _("Aportes")
    return panels.Panel(
        "ideas/_tab.html",
        {"label": label, "url": f"/challenges/{challenge.slug}/ideas", "count": challenge.idea_count},
        order=10,
    )


def strongest(actor: Actor, challenge: ChallengeView) -> panels.Panel | None:
    """The first ideas on the challenge's page: the strongest, or an even sample while totals are hidden."""
    ballot = get_running_ballot(challenge.id, Purpose.IDEAS)
    order = Order.SUPPORT if ballot.totals_shown else Order.SHUFFLED
    rows = queries.list_ideas(actor, challenge.id, ListFilter(), order, start=listing.start(actor, order)).rows[:5]
    vote = may_support(actor, challenge, ballot)
    return panels.Panel(
        "ideas/_section.html",
        {
            "challenge": challenge,
            "cards": presenters.draw_cards(rows, challenge, vote, ballot.totals_shown),
            "ballot": ballot,
            "kinds": asked_kinds(challenge),
            "vote": vote,
        },
        order=20,
    )


def own_contributions(actor: Actor, _subject: Any) -> panels.Panel | None:
    """What somebody brought, in every state, for their account's page."""
    if actor.person_id is None:
        return None
    return panels.Panel("ideas/_own.html", {"rows": list_by_author(actor.person_id)}, order=10)


def need_under_review(_actor: Actor, moderated: Any) -> panels.Panel | None:
    """The fields of a need for whoever reviews it."""
    if not moderated.fields.get("need_type"):
        return None
    said = {"said": moderated.fields, "said_in": moderated.language, "need_names": presenters.NEED_NAMES}
    return panels.Panel("ideas/_moderated.html", said)
