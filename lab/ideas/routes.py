"""The doors of ideas: the list, the page, and the citizen's verbs."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, jsonify, redirect, request, session

from lab.accounts.queries import find_consent_text
from lab.challenges.phases import Activity
from lab.challenges.queries import ChallengeView, get_visible_challenge, list_departments
from lab.contributions.models import Kind, State
from lab.contributions.permissions import is_author
from lab.contributions.queries import (
    Count,
    ListFilter,
    ListRow,
    Order,
    count_published,
    list_by_author,
    list_versions,
    shuffle_start,
)
from lab.core import addresses, panels
from lab.core.actors import Actor, current_actor, participant
from lab.core.dates import local_day
from lab.core.db import unit_of_work
from lab.core.errors import Invalid
from lab.core.i18n import current_language
from lab.core.i18n import gettext as _
from lab.core.permissions import can, why_not
from lab.core.rendering import fragment, render
from lab.core.web import Answer, Door, own_path, public_address, say, wants_json
from lab.ideas import operations, presenters, queries
from lab.ideas.forms import IdeaForm
from lab.ideas.permissions import IdeaAction
from lab.ideas.queries import IdeaView
from lab.votes import operations as votes
from lab.votes.models import Purpose
from lab.votes.permissions import VoteAction
from lab.votes.presenters import present_standing
from lab.votes.queries import BallotView, Choice, get_running_ballot, get_standing

bp = Door("ideas", __name__)
IDEA_ACTIVITIES = (Activity.FINDING, Activity.NEED, Activity.PROPOSAL)


def register() -> None:
    """Tells lower pages where ideas are and what a challenge's page says of them."""
    for kind in presenters.KIND_NAMES:
        addresses.register(kind, "/ideas/{id}")
    panels.register("challenge.tabs", _tab)
    panels.register("challenge.sections", _strongest)
    panels.register("account.sections", _own_contributions)


@bp.reads("/challenges/<slug>/ideas")
def index(slug: str) -> Answer:
    """The list of a challenge's public ideas; its address with filters can be shared."""
    actor = current_actor()
    challenge = get_visible_challenge(actor, slug)
    ballot = get_running_ballot(challenge.id, Purpose.IDEAS)
    chosen, order = _chosen_filter(), _chosen_order(ballot)
    page = queries.list_ideas(actor, challenge.id, chosen, order, request.args.get("after"), _shuffle_start())
    count = count_published(challenge.id, chosen) if chosen.active else Count(challenge.idea_count)
    may_support = _may_support(actor, challenge, ballot)
    return render(
        "ideas/list.html",
        challenge=challenge,
        ballot=ballot,
        tabs=panels.panels_for("challenge.tabs", actor, challenge),
        cards=_cards(page.rows, challenge, may_support, ballot.totals_shown),
        may_support=may_support,
        may_propose=_open_kinds(challenge),
        chosen=chosen,
        order=order,
        filters=_filters(challenge, ballot, chosen, order),
        count=presenters.count_sentence(count, bool(chosen.active)),
        next_url=_next_page(page.next_cursor),
    )


@bp.reads("/ideas/<int:idea_id>")
def page(idea_id: int) -> Answer:
    """One idea with its support and its discussion."""
    actor = current_actor()
    idea = queries.get_visible_idea(actor, idea_id)
    standing = get_standing(actor, idea.challenge.id, idea.id)
    obstacle = _obstacle(actor, Choice(standing.ballot, idea))
    return render(
        "ideas/page.html",
        idea=idea,
        challenge=idea.challenge,
        standing=standing,
        ballot=standing.ballot,
        may_support=obstacle is None,
        why_not=obstacle.refusal if obstacle else "",
        kind_name=presenters.KIND_NAMES[idea.kind],
        need_name=presenters.NEED_NAMES[idea.need_type] if idea.need_type else "",
        channel=presenters.channel_sentence(idea.channel),
        is_author=is_author.holds(actor, idea),
        may_edit=can(actor, IdeaAction.EDIT, idea),
        may_withdraw=can(actor, IdeaAction.WITHDRAW, idea),
        below=panels.panels_for("contribution.below", actor, idea),
        side=panels.panels_for("contribution.side", actor, idea),
        canonical=public_address(),
    )


@bp.fills("/challenges/<slug>/ideas/new")
def propose(slug: str) -> Answer:
    """First the kind, then the words; the same address takes the form."""
    challenge = get_visible_challenge(current_actor(), slug)
    kinds = _open_kinds(challenge)
    kind = _chosen_kind(kinds)
    if kind is None:
        cards = {each: presenters.KIND_CARDS[each] for each in kinds}
        return render("ideas/choose.html", challenge=challenge, cards=cards)
    form = IdeaForm.for_challenge(challenge, kind, data=None if request.form else {"language": challenge.language})
    if request.method == "POST" and form.validate() and request.form.get("action") != "preview":
        try:
            return _proposed(slug, kind, form)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return _form_page(challenge, kind, form)


@bp.fills("/ideas/<int:idea_id>/edit")
def edit(idea_id: int) -> Answer:
    """The author's changes; the version before stays readable."""
    idea = _own_idea(idea_id)
    form = IdeaForm.for_challenge(idea.challenge, idea.kind) if request.form else IdeaForm.for_idea(idea)
    if request.method == "POST" and form.validate() and request.form.get("action") != "preview":
        try:
            with unit_of_work():
                operations.edit_idea(current_actor(), _seen(idea), form.written())
            flash(form.key.data or "", "draft-sent")
            say(_("Su cambio quedó guardado."))
            return redirect(f"/ideas/{idea_id}", 303)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return _form_page(idea.challenge, idea.kind, form, idea)


@bp.writes("/ideas/<int:idea_id>/publish")
def publish(idea_id: int) -> Answer:
    with unit_of_work():
        actor = participant()
        state = operations.publish_idea(actor, queries.get_visible_idea(actor, idea_id))
    say(_arrival(state))
    return redirect(f"/ideas/{idea_id}", 303)


@bp.fills("/ideas/<int:idea_id>/withdraw")
def withdraw(idea_id: int) -> Answer:
    idea = _own_idea(idea_id)
    if request.method == "GET":
        return render("ideas/withdraw.html", idea=idea)
    with unit_of_work():
        operations.withdraw_idea(current_actor(), idea)
    say(_("Retiró su aporte. En su lugar queda un aviso."))
    return redirect(f"/challenges/{idea.challenge.slug}/ideas", 303)


@bp.writes("/ideas/<int:idea_id>/support")
def support(idea_id: int) -> Answer:
    """Supports or takes the support back (value 0); answers a page or, to a script, the new state."""
    with unit_of_work():
        actor = participant()
        idea = queries.get_visible_idea(actor, idea_id)
        wanted = request.form.get("value") != "0"
        standing, ballot = votes.set_support(actor, idea, Purpose.IDEAS, wanted)
    shown = present_standing(standing, ballot.totals_shown)
    if wants_json():
        return jsonify(shown)
    say(shown["sentence"])
    return redirect(own_path(request.form.get("next"), f"/ideas/{idea_id}"), 303)


@bp.reads("/ideas/<int:idea_id>/versions")
def versions(idea_id: int) -> Answer:
    """Every text the idea has had."""
    idea = queries.get_visible_idea(current_actor(), idea_id)
    return render("ideas/versions.html", idea=idea, versions=list_versions(idea.id))


def _proposed(slug: str, kind: Kind, form: IdeaForm) -> Response:
    with unit_of_work():
        actor = participant()
        challenge = get_visible_challenge(actor, slug)
        draft = request.form.get("action") == "draft"
        proposal = operations.Proposal(challenge, kind)
        inserted = operations.propose_idea(actor, proposal, form.written(), form.key.data or "", draft)
        state = queries.get_visible_idea(actor, inserted.id).state
    flash(f"{slug}:{kind}", "draft-sent")
    say(_arrival(state))
    return redirect(f"/ideas/{inserted.id}", 303)  # type: ignore[return-value]


def _form_page(challenge: ChallengeView, kind: Kind, form: IdeaForm, idea: IdeaView | None = None) -> str:
    previewed = request.form.get("action") == "preview" and not form.errors
    return render(
        "ideas/form.html",
        challenge=challenge,
        kind=kind,
        card=presenters.KIND_CARDS[kind],
        form=form,
        idea=idea,
        preview=form.written() if previewed else None,
        consent=find_consent_text(current_actor(), current_language(), request.form),
    )


def _own_idea(idea_id: int) -> IdeaView:
    """The idea for its author; everybody else is refused by the operation's own rule, before any form shows."""
    actor = current_actor()
    idea = queries.get_visible_idea(actor, idea_id)
    obstacle = why_not(actor, IdeaAction.WITHDRAW, idea)
    if obstacle is not None:
        raise obstacle.refuse()
    return idea


def _seen(idea: IdeaView) -> IdeaView:
    """The idea at the version the editor's form was drawn from: a later one is a conflict, not overwritten."""
    seen = request.form.get("version", "")
    return replace(idea, version=int(seen)) if seen.isdecimal() else idea


def _may_support(actor: Actor, challenge: ChallengeView, ballot: BallotView) -> bool:
    """Whether the list shows buttons. A visitor without consent is asked for it when they press."""
    stage = challenge.stage
    return (
        challenge.published_at is not None
        and stage.allows(Activity.SUPPORT)
        and actor.assurance >= stage.assurance_for(Activity.SUPPORT)
        and ballot.is_open
    )


def _obstacle(actor: Actor, choice: Choice) -> Any:
    obstacle = why_not(actor, VoteAction.CAST, choice)
    return None if obstacle is not None and obstacle.name == "consented" else obstacle


def _open_kinds(challenge: ChallengeView) -> list[Kind]:
    if challenge.published_at is None:
        return []
    return [Kind(activity) for activity in IDEA_ACTIVITIES if challenge.stage.allows(activity)]


def _chosen_kind(kinds: list[Kind]) -> Kind | None:
    wished = request.values.get("kind", "")
    if wished in {each.value for each in presenters.KIND_NAMES}:
        return Kind(wished)
    return kinds[0] if len(kinds) == 1 else None


def _chosen_filter() -> ListFilter:
    category = request.args.get("category", "")
    return ListFilter(
        kind=request.args.get("kind", ""),
        category_id=int(category) if category.isdecimal() and len(category) < 19 else None,
        department=request.args.get("department", ""),
        words=request.args.get("q", "")[:100],
    )


def _orders(ballot: BallotView) -> dict[Order, Any]:
    """Hidden totals hide the order that would tell them."""
    names = presenters.ORDER_NAMES
    return {order: name for order, name in names.items() if order != Order.SUPPORT or ballot.totals_shown}


def _chosen_order(ballot: BallotView) -> Order:
    wished = request.args.get("sort", "")
    offered = _orders(ballot)
    return next((order for order in offered if order == wished), Order.SHUFFLED)


def _shuffle_start() -> int:
    """A visitor's place on the ring: by guest key where there is one, else by address; another one each day."""
    visitor = session.get("guest") or request.remote_addr or ""
    return shuffle_start(visitor, local_day(datetime.now(UTC)))


def _next_page(cursor: str | None) -> str:
    if cursor is None:
        return ""
    arguments = {**request.args.to_dict(), "after": cursor}
    return f"{request.path}?{urlencode(arguments)}"


def _filters(challenge: ChallengeView, ballot: BallotView, chosen: ListFilter, order: Order) -> Any:
    """The choices above the list, as chosen; unknown values are as none."""
    departments, categories = list_departments(), challenge.categories
    shown = {
        "order": order,
        "kind": chosen.kind if chosen.kind in presenters.KIND_NAMES else "",
        "category_id": chosen.category_id if challenge.category_name(chosen.category_id) else None,
        "department": chosen.department if chosen.department in dict(departments) else "",
    }
    offered = {"kinds": presenters.KIND_NAMES, "departments": departments, "categories": categories}
    key = (categories, ballot.totals_shown, *shown.values())
    return fragment("ideas/_filters.html", key, lambda: shown | offered | {"orders": _orders(ballot)})


def _cards(rows: list[ListRow], challenge: ChallengeView, may_support: bool, totals_shown: bool) -> list[Any]:
    def card(row: ListRow) -> Any:
        key = (row, challenge.category_name(row.category_id), may_support, totals_shown)
        present = partial(presenters.present_row, row, challenge, may_support, totals_shown)
        return fragment("ideas/_card.html", key, lambda: {"card": present()})

    return [card(row) for row in rows]


def _arrival(state: State) -> str:
    sentences = {
        State.PUBLISHED: _("Su aporte ya está publicado. Gracias."),
        State.HELD: _("Recibimos su aporte. Se publicará cuando el equipo lo revise."),
        State.DRAFT: _("Guardamos su borrador. Solo usted lo ve."),
    }
    return sentences[state]


def _tab(actor: Actor, challenge: ChallengeView) -> panels.Panel:
    label = _("Aportes")
    return panels.Panel(
        "ideas/_tab.html",
        {"label": label, "url": f"/challenges/{challenge.slug}/ideas", "count": challenge.idea_count},
        order=10,
    )


def _strongest(actor: Actor, challenge: ChallengeView) -> panels.Panel | None:
    """The first ideas on the challenge's page: the strongest, or an even sample while totals are hidden."""
    ballot = get_running_ballot(challenge.id, Purpose.IDEAS)
    order = Order.SUPPORT if ballot.totals_shown else Order.SHUFFLED
    rows = queries.list_ideas(actor, challenge.id, ListFilter(), order, start=_shuffle_start()).rows[:5]
    may_support = _may_support(actor, challenge, ballot)
    cards = _cards(rows, challenge, may_support, ballot.totals_shown)
    return panels.Panel(
        "ideas/_section.html",
        {
            "challenge": challenge,
            "cards": cards,
            "ballot": ballot,
            "kinds": _open_kinds(challenge),
            "vote": may_support,
        },
        order=20,
    )


def _own_contributions(actor: Actor, _subject: Any) -> panels.Panel | None:
    if actor.person_id is None:
        return None
    return panels.Panel("ideas/_own.html", {"rows": list_by_author(actor.person_id)}, order=10)
