"""The doors of ideas: the list, the page, and the citizen's verbs."""

from typing import Any
from uuid import uuid4

from flask import Response, flash, redirect, request

from lab.accounts.permissions import consented
from lab.accounts.queries import find_consent_text
from lab.challenges.queries import ChallengeView, get_visible_challenge
from lab.contributions.models import Kind, State
from lab.contributions.permissions import is_author, is_reviewed
from lab.contributions.queries import Count, count_published, list_versions
from lab.core import addresses, panels
from lab.core.actors import Actor, current_actor, participant
from lab.core.db import unit_of_work
from lab.core.errors import Conflict, Invalid, NeedsAssurance, Refusal, WrongPhase
from lab.core.i18n import current_language
from lab.core.i18n import gettext as _
from lab.core.permissions import Predicate, can, refuse_unless, why_not
from lab.core.rendering import render
from lab.core.web import Answer, Door, acknowledge, public_address, say
from lab.ideas import listing, operations, parts, presenters, queries
from lab.ideas.forms import IdeaForm
from lab.ideas.permissions import IdeaAction, returns_to_review
from lab.ideas.queries import IdeaView
from lab.votes import operations as votes
from lab.votes.permissions import VoteAction
from lab.votes.presenters import present_standing, told_standing
from lab.votes.queries import Choice, get_challenge_with_ballot, may_support

bp = Door("ideas", __name__)
KINDS = tuple(presenters.KIND_NAMES)


def register() -> None:
    """Tells lower pages where ideas are and what a challenge's page says of them."""
    for kind in KINDS:
        addresses.register(kind, "/ideas/{id}")
    panels.register("challenge.tabs", parts.tab)
    panels.register("challenge.sections", parts.strongest)
    panels.register("account.sections", parts.own_contributions)
    panels.register("moderation.text", parts.need_under_review)


@bp.reads("/challenges/<slug>/ideas")
def index(slug: str) -> Answer:
    """The list of a challenge's public ideas; its address with filters can be shared."""
    actor = current_actor()
    challenge, ballot = get_challenge_with_ballot(actor, slug)
    wished = listing.Listing.of(request.args, ballot)
    chosen, order = wished.chosen, wished.order
    page = queries.list_ideas(actor, challenge.id, chosen, order, wished.after, listing.start(actor, order))
    count = count_published(challenge.id, chosen) if chosen.active else Count(challenge.idea_count)
    vote = may_support(actor, challenge, ballot)
    return render(
        "ideas/list.html",
        challenge=challenge,
        ballot=ballot,
        tabs=panels.panels_for("challenge.tabs", actor, challenge),
        cards=presenters.draw_cards(page.rows, challenge, vote, ballot.totals_shown),
        may_support=vote,
        may_propose=parts.asked_kinds(challenge),
        chosen=chosen,
        order=order,
        filters=wished.draw_filters(challenge, ballot),
        count=presenters.count_sentence(count, bool(chosen.active)),
        next_url=listing.next_address(request.path, request.args.to_dict(), page.next_cursor),
    )


@bp.reads("/ideas/<int:idea_id>")
def page(idea_id: int) -> Answer:
    """One idea with its support and its discussion."""
    actor = current_actor()
    idea, standing, versions = queries.get_idea_page(actor, idea_id)
    obstacle = why_not(actor, VoteAction.CAST, Choice(standing.ballot, idea), apart_from=consented)
    return render(
        "ideas/page.html",
        idea=idea,
        challenge=idea.challenge,
        standing=standing,
        ballot=standing.ballot,
        versions=versions,
        may_support=obstacle is None,
        why_not=obstacle.refusal if obstacle else "",
        kind_name=presenters.KIND_NAMES[idea.kind],
        need_names=presenters.NEED_NAMES,
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
    """First the kind, then the words; the same address takes the form. What is not open now says so, and why."""
    actor = current_actor()
    challenge = get_visible_challenge(actor, slug)
    closed = {kind: _obstacle(actor, challenge, kind) for kind in KINDS}
    kind = _chosen_kind([kind for kind in KINDS if closed[kind] is None])
    if kind is None or (request.method == "GET" and closed[kind] is not None):
        return _choice(challenge, closed, kind)
    form = IdeaForm.for_challenge(challenge, kind, data=None if request.form else {"language": challenge.language})
    if _is_sent(form):
        try:
            return _proposed(slug, kind, form)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
        except (Conflict, WrongPhase) as refusal:
            return _not_sent(challenge, kind, form, refusal)
    return _form_page(challenge, kind, form)


@bp.fills("/ideas/<int:idea_id>/edit")
def edit(idea_id: int) -> Answer:
    """The author's changes; the version before stays readable."""
    actor = current_actor()
    idea = queries.get_visible_idea(actor, idea_id)
    if request.method == "GET":
        refuse_unless(actor, IdeaAction.EDIT, idea)
    form = IdeaForm.for_challenge(idea.challenge, idea.kind) if request.form else IdeaForm.for_idea(idea)
    if _is_sent(form):
        try:
            return _edited(idea_id, form)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
        except (Conflict, WrongPhase) as refusal:
            form.refuse("", refusal.message)
            return _beside_present(idea_id, form)
    return _form_page(idea.challenge, idea.kind, form, idea)


@bp.writes("/ideas/<int:idea_id>/publish")
def publish(idea_id: int) -> Answer:
    with unit_of_work():
        actor = participant()
        state = operations.publish_idea(actor, queries.get_own_idea(actor, idea_id))
    say(_arrival(state))
    return redirect(f"/ideas/{idea_id}", 303)


@bp.fills("/ideas/<int:idea_id>/withdraw")
def withdraw(idea_id: int) -> Answer:
    if request.method == "GET":
        idea = queries.get_visible_idea(current_actor(), idea_id)
        refuse_unless(current_actor(), IdeaAction.WITHDRAW, idea)
        return render("ideas/withdraw.html", idea=idea)
    with unit_of_work():
        idea = queries.get_own_idea(current_actor(), idea_id)
        operations.withdraw_idea(current_actor(), idea)
    say(_("Retiró su aporte. En su lugar queda un aviso."))
    return redirect(f"/challenges/{idea.challenge.slug}/ideas", 303)


@bp.writes("/ideas/<int:idea_id>/support")
def support(idea_id: int) -> Answer:
    """Supports the version that the page showed, or takes the support back (value 0); answers a page or a script."""
    with unit_of_work():
        actor = participant()
        choice = queries.get_choice(actor, idea_id)
        wanted, seen = request.form.get("value") != "0", request.args.get("version", type=int)
        standing = votes.set_support(actor, choice, wanted, seen)
    shown = choice.ballot.totals_shown
    said = told_standing(standing, shown, choice.option.title)
    return acknowledge(present_standing(standing, shown), f"/ideas/{idea_id}", f"#idea-{idea_id}", said)


@bp.reads("/ideas/<int:idea_id>/versions")
def versions(idea_id: int) -> Answer:
    """Every text that the idea showed in public, whole; for its author those before and in between, too."""
    actor = current_actor()
    idea = queries.get_visible_idea(actor, idea_id)
    return render(
        "ideas/versions.html",
        idea=idea,
        versions=list_versions(idea.id, private=queries.reads_every_version(actor, idea)),
        need_names=presenters.NEED_NAMES,
    )


def _is_sent(form: IdeaForm) -> bool:
    """Whether the form is to be stored: it is complete, and not sent to see how it will look."""
    return request.method == "POST" and form.validate() and request.form.get("action") != "preview"


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


def _edited(idea_id: int, form: IdeaForm) -> Response:
    with unit_of_work():
        actor = current_actor()
        before = queries.get_own_idea(actor, idea_id)
        operations.edit_idea(actor, before, form.written(), form.seen)
        state = queries.get_visible_idea(actor, idea_id).state
    flash(f"idea:{idea_id}:{form.seen}", "draft-sent")
    waits = state == State.HELD
    say(_("Guardamos su cambio. Se verá cuando el equipo lo revise.") if waits else _("Su cambio quedó guardado."))
    return redirect(f"/ideas/{idea_id}", 303)  # type: ignore[return-value]


def _not_sent(challenge: ChallengeView, kind: Kind, form: IdeaForm, refusal: Refusal) -> Answer:
    """The form with all that was typed. Where its key is used up it has another: sent again it is another idea."""
    sent = refusal.details.get("sent")
    if sent:
        form.key.data = uuid4().hex
    form.refuse("", refusal.message)
    return _form_page(challenge, kind, form, sent=sent), refusal.status


def _beside_present(idea_id: int, form: IdeaForm) -> Answer:
    """The form with all that was typed, beside the text that came in between: whoever saves it next has read that."""
    idea = queries.get_visible_idea(current_actor(), idea_id)
    changed = form.seen != idea.version
    form.version.data = str(idea.version)
    return _form_page(idea.challenge, idea.kind, form, idea, present=idea if changed else None), Conflict.status


def _form_page(challenge: ChallengeView, kind: Kind, form: IdeaForm, idea: IdeaView | None = None, **shown: Any) -> str:
    actor = current_actor()
    previewed = request.form.get("action") == "preview" and not form.errors
    context = {
        "challenge": challenge,
        "kind": kind,
        "card": presenters.KIND_CARDS[kind],
        "need_names": presenters.NEED_NAMES,
        "form": form,
        "idea": idea,
        "preview": form.written() if previewed else None,
        "reviewed": returns_to_review(actor, idea) if idea else is_reviewed(actor, challenge),
        "consent": find_consent_text(actor, current_language(), request.form),
        "present": None,
        "sent": None,
    }
    return render("ideas/form.html", **context | shown)


def _choice(challenge: ChallengeView, closed: dict[Kind, Predicate | None], wished: Kind | None) -> str:
    """The kinds that are open for this reader; or what stands in the way of the one they asked for."""
    cards = {kind: presenters.KIND_CARDS[kind] for kind in KINDS if closed[kind] is None}
    obstacles = [each for each in ([closed[wished]] if wished else closed.values()) if each is not None]
    needs_account = next((each for each in obstacles if each.error is NeedsAssurance), None)
    obstacle = needs_account or (obstacles[0] if wished else None)
    return render(
        "ideas/choose.html",
        challenge=challenge,
        cards={} if wished else cards,
        others=bool(cards),
        why_not=obstacle.refusal if obstacle else challenge.stage.sentence,
        needs_account=needs_account is not None and not current_actor().signed_in,
    )


def _obstacle(actor: Actor, challenge: ChallengeView, kind: Kind) -> Predicate | None:
    return why_not(actor, IdeaAction.PROPOSE, operations.Proposal(challenge, kind), apart_from=consented)


def _chosen_kind(kinds: list[Kind]) -> Kind | None:
    wished = request.values.get("kind", "")
    if wished in set(KINDS):
        return Kind(wished)
    return kinds[0] if len(kinds) == 1 else None


def _arrival(state: State) -> str:
    sentences = {
        State.PUBLISHED: _("Su aporte ya está publicado. Gracias."),
        State.HELD: _("Recibimos su aporte. Se publicará cuando el equipo lo revise."),
        State.DRAFT: _("Guardamos su borrador. Solo usted lo ve."),
    }
    return sentences[state]
