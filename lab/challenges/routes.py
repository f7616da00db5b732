"""The doors of challenges: the public pages, the band, and the screens of those who run them."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for

from lab.challenges import operations, presenters, queries
from lab.challenges.forms import (
    ChallengeForm,
    MoveForm,
    PhasesForm,
    RulesForm,
    challenge_values,
    period_values,
    rule_values,
)
from lab.challenges.models import SLUG_LENGTH
from lab.challenges.permissions import ChallengeAction
from lab.challenges.phases import NAMES, Phase
from lab.challenges.queries import ChallengeFilter, ChallengeView
from lab.core.actors import current_actor
from lab.core.band import draw_band
from lab.core.db import unit_of_work
from lab.core.errors import Conflict, Invalid, NotFound
from lab.core.i18n import lazy
from lab.core.panels import panels_for
from lab.core.permissions import can, is_staff, refuse_unless
from lab.core.rendering import render
from lab.core.text import clean_line
from lab.core.web import Answer, Door, public_address, say

BAND_WIDTH = 1920
FOR_EVER = "public, max-age=31536000, immutable"
WORDS_LENGTH = 100
CLOSE = "closed"
NEW_DRAFT = "challenge:new"  # under which the browser keeps what is typed

bp = Door("challenges", __name__)


@bp.reads("/challenges")
def index() -> Answer:
    """Public challenges, narrowed by the address."""
    chosen = _chosen()
    found = queries.list_public_challenges(chosen, request.args.get("after"))
    return render(
        "challenges/index.html",
        chosen=chosen,
        cards=[presenters.card(challenge) for challenge in found.rows],
        total=found.total,
        next_url=_next_page(found.next_cursor),
        phases=presenters.phases(),
        sectors=presenters.sectors(),
        departments=queries.list_departments(),
    )


@bp.reads("/challenges/<slug>")
def show(slug: str) -> Answer:
    """A challenge, put together from its own parts and the panels of higher features."""
    actor = current_actor()
    challenge = queries.get_visible_challenge(actor, slug)
    return render(
        "challenges/show.html",
        **_frame(challenge),
        canonical=public_address(),
        steps=presenters.timeline(challenge.stage),
        actions=presenters.actions(challenge),
        assurance=presenters.assurance_sentence(challenge.stage),
        sector=presenters.SECTOR_NAMES[challenge.sector],
        moves=queries.list_moves(challenge.id),
        names=NAMES,
        sections=panels_for("challenge.sections", actor, challenge),
        tabs=panels_for("challenge.tabs", actor, challenge),
        runs=can(actor, ChallengeAction.MANAGE, challenge),
    )


@bp.reads("/bands/<slug>.svg")
def draw(slug: str) -> Answer:
    """The woven band of an address: drawn from its letters, so it never changes."""
    if len(slug) > SLUG_LENGTH:
        raise NotFound(lazy("No encontramos esta imagen."))
    response = Response(_band(slug), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = FOR_EVER
    return response


@bp.reads("/manage", entry=is_staff)
def manage() -> Answer:
    """The challenges the actor helps to run, each with what to do next."""
    actor = current_actor()
    found = queries.list_managed_challenges(actor, request.args.get("after"))
    mine = [each for each in found.rows if can(actor, ChallengeAction.MANAGE, each)]
    return render(
        "challenges/manage.html",
        rows=[(presenters.card(each), each, presenters.next_step(each)) for each in mine],
        next_url=_next_page(found.next_cursor),
        panels=panels_for("manage.home", actor),
        may_create=can(actor, ChallengeAction.CREATE),
    )


@bp.fills("/manage/challenges/new", entry=is_staff)
def create() -> Answer:
    """A new draft; its address is suggested by the title."""
    refuse_unless(current_actor(), ChallengeAction.CREATE)
    form = ChallengeForm()
    if form.validate_on_submit():
        try:
            return _created(form)
        except Conflict as refusal:
            form.refuse("slug", refusal.message)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return render("challenges/edit.html", form=form, draft=NEW_DRAFT, present=[], challenge=None)


@bp.reads("/manage/challenges/<slug>", entry=is_staff)
def overview(slug: str) -> Answer:
    """How a challenge stands, for those who run it."""
    actor = current_actor()
    challenge = queries.get_managed_challenge(actor, slug)
    return render(
        "challenges/overview.html",
        **_desk(challenge),
        steps=presenters.timeline(challenge.stage),
        panels=panels_for("manage.challenge", actor, challenge),
    )


@bp.fills("/manage/challenges/<slug>/edit", entry=is_staff)
def edit(slug: str) -> Answer:
    """The text of a challenge. Who was slower sees the other's words beside their own, and decides."""
    challenge, present = _editable(slug), []
    form = ChallengeForm(data=challenge_values(challenge))
    if form.validate_on_submit():
        try:
            return _edited(slug, form)
        except Conflict as refusal:
            form.refuse("", refusal.message)
            challenge = _editable(slug)
            present = form.differing(challenge)
            form.seen.data = str(challenge.version)
    draft = _draft_key(challenge, form)
    return render("challenges/edit.html", form=form, draft=draft, present=present, **_desk(challenge))


@bp.fills("/manage/challenges/<slug>/phases", entry=is_staff)
def plan(slug: str) -> Answer:
    """When each phase runs, and the ways to move by hand."""
    challenge = _editable(slug)
    form = PhasesForm(data=period_values(challenge.stage))
    if form.validate_on_submit():
        try:
            with unit_of_work():
                challenge = queries.get_managed_challenge(current_actor(), slug)
                operations.plan_phases(current_actor(), challenge, form.periods())
            return _saved(slug)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    moves = queries.list_moves(challenge.id)
    return render("challenges/phases.html", form=form, moves=moves, names=NAMES, **_desk(challenge))


@bp.fills("/manage/challenges/<slug>/move/<to>", entry=is_staff)
def move(slug: str, to: str) -> Answer:
    """Asks for the reason before a challenge is moved by hand or closed."""
    phase = _phase(to)
    challenge = _editable(slug)
    form = MoveForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                challenge = queries.get_managed_challenge(current_actor(), slug)
                operations.move_phase(current_actor(), challenge, phase, form.reason.data or "")
            say(lazy("Listo: el cambio de fase ya está a la vista, con su motivo."))
            return redirect(url_for("challenges.overview", slug=slug), 303)
        except (Invalid, Conflict) as refusal:
            form.refuse(getattr(refusal, "field", ""), refusal.message)
    return render("challenges/move.html", form=form, phase=phase, names=NAMES, **_desk(challenge))


@bp.fills("/manage/challenges/<slug>/rules", entry=is_staff)
def rule(slug: str) -> Answer:
    """What each phase allows and who may do it."""
    challenge = _editable(slug)
    form = RulesForm(data=rule_values(challenge.stage))
    if form.validate_on_submit():
        with unit_of_work():
            challenge = queries.get_managed_challenge(current_actor(), slug)
            operations.set_rules(current_actor(), challenge, form.overrides())
        return _saved(slug)
    return render("challenges/rules.html", form=form, phases=presenters.phases(), **_desk(challenge))


@bp.writes("/manage/challenges/<slug>/publish", entry=is_staff)
def publish(slug: str) -> Answer:
    with unit_of_work():
        challenge = queries.get_managed_challenge(current_actor(), slug)
        operations.publish_challenge(current_actor(), challenge)
    say(lazy("El reto está publicado: ya lo puede leer todo el mundo."))
    return redirect(url_for("challenges.show", slug=slug), 303)


def _frame(challenge: ChallengeView) -> dict[str, Any]:
    """What every page about one challenge shows."""
    return {"challenge": challenge, "card": presenters.card(challenge)}


def _desk(challenge: ChallengeView) -> dict[str, Any]:
    """What every manage screen of one challenge shows."""
    return _frame(challenge) | {"may_edit": can(current_actor(), ChallengeAction.EDIT, challenge)}


def _chosen() -> ChallengeFilter:
    said = {name: clean_line(value)[:WORDS_LENGTH] for name, value in request.args.items()}
    return ChallengeFilter(
        phase=said.get("phase", ""),
        sector=said.get("sector", ""),
        department=said.get("department", ""),
        words=said.get("q", ""),
    )


def _next_page(cursor: str | None) -> str | None:
    """The same list, with its filters, from where this page ended."""
    kept = {name: value for name, value in request.args.items() if name != "after"}
    return f"{request.path}?{urlencode(kept | {'after': cursor})}" if cursor else None


@lru_cache(maxsize=256)
def _band(slug: str) -> str:
    return draw_band(slug, BAND_WIDTH)


def _created(form: ChallengeForm) -> Answer:
    slug = form.address
    with unit_of_work():
        operations.create_challenge(current_actor(), slug, form.written())
    say(NEW_DRAFT, "draft-sent")
    say(lazy("El borrador está guardado. Ahora ponga las fechas de las fases."))
    return redirect(url_for("challenges.plan", slug=slug), 303)


def _draft_key(challenge: ChallengeView, form: ChallengeForm) -> str:
    """Under which the browser keeps what is typed over this version of the text."""
    return f"challenge:{challenge.id}:{form.seen_version}"


def _edited(slug: str, form: ChallengeForm) -> Answer:
    with unit_of_work():
        challenge = queries.get_managed_challenge(current_actor(), slug)
        operations.edit_challenge(current_actor(), challenge, form.written(challenge), form.seen_version)
    say(_draft_key(challenge, form), "draft-sent")
    return _saved(slug)


def _saved(slug: str) -> Answer:
    say(lazy("Los cambios están guardados."))
    return redirect(url_for("challenges.overview", slug=slug), 303)


def _editable(slug: str) -> ChallengeView:
    """The challenge for a form of its manage screens, for those who may send that form."""
    challenge = queries.get_managed_challenge(current_actor(), slug)
    refuse_unless(current_actor(), ChallengeAction.EDIT, challenge)
    return challenge


def _phase(word: str) -> Phase | None:
    """The phase in an address; None is the closed challenge."""
    if word == CLOSE:
        return None
    if word not in list(Phase):
        raise NotFound(lazy("Esta fase no existe."))
    return Phase(word)
