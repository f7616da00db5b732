"""The doors of people: signing in and out, one's own page, the step before a first contribution, legal texts, roles."""

from typing import Any

from flask import Response, make_response, redirect, request, session, url_for
from flask_login import login_user, logout_user

from lab.accounts import operations, presenters, queries
from lab.accounts.forms import LegalTextForm, PasswordForm, RoleForm, SignInForm
from lab.accounts.operations import LegalWords, Scope
from lab.accounts.permissions import AccountAction
from lab.core import limits, panels
from lab.core.actors import Actor, Role, current_actor, forget_current_actor
from lab.core.db import unit_of_work
from lab.core.errors import Invalid, NeedsConsent, NotFound
from lab.core.i18n import current_language, lazy, offered_languages
from lab.core.i18n import gettext as _
from lab.core.paths import asked_address, own_path
from lab.core.permissions import can, is_staff, refuse_unless, signed_in
from lab.core.rendering import render
from lab.core.web import Answer, Door, say

bp = Door("accounts", __name__)
TEXT = "<any(terms, privacy, consent, notice):key>"


def register() -> None:
    """Puts the roles and texts on the staff's screens."""
    panels.register("manage.challenge", _roles_link)
    panels.register("manage.home", _administration_links)


@bp.record_once
def _answer_missing_consent(setup: Any) -> None:
    """`web` knows that consent is missing; what the step looks like is known here."""
    setup.app.extensions["lab.consent_page"] = _consent_page


@bp.fills("/account/sign-in")
@limits.limiter.limit(limits.SIGN_INS_AN_ACCOUNT, key_func=limits.account_key, methods=["POST"])
@limits.limiter.limit(limits.SIGN_INS_AN_ADDRESS, methods=["POST"])
def sign_in() -> Answer:
    """Opens an account; what the browser knew before is forgotten, so nobody can prepare a session for another."""
    target = own_path(request.values.get("next"), url_for(".show_account"))
    if request.method == "GET" and current_actor().signed_in:
        return redirect(target, 303)
    form = SignInForm()
    if request.method == "POST" and form.validate():
        try:
            found = operations.check_password(form.email.data or "", form.password.data or "")
            _renew_session(found, remember=form.remember.data)
            return redirect(target, 303)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return render("accounts/sign_in.html", form=form, next=target)


@bp.writes("/account/sign-out")
def sign_out() -> Answer:
    logout_user()
    session.clear()
    forget_current_actor()
    say(_("Salió de su cuenta."))
    return redirect("/", 303)


@bp.reads("/account")
def show_account() -> Answer:
    """One's own page; somebody who never contributed has none and is asked to sign in."""
    actor = current_actor()
    if actor.person_id is None:
        return redirect(url_for(".sign_in", next=request.path), 303)
    sections = panels.panels_for("account.sections", actor)
    return render("accounts/account.html", roles=presenters.own_roles(actor), panels=sections)


@bp.fills("/account/password", entry=signed_in)
@limits.limiter.limit(limits.SIGN_INS_AN_ACCOUNT, key_func=limits.actor_key, methods=["POST"])
def change_password() -> Answer:
    """A new password; every other session ends, this one goes on."""
    form = PasswordForm()
    if request.method == "POST" and form.validate():
        try:
            _renew_session(_changed_password(form), remember=session.permanent)
            say(_("Su contraseña cambió. Las demás sesiones abiertas con su cuenta se cerraron."))
            return redirect(url_for(".show_account"), 303)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    return render("accounts/password.html", form=form)


@bp.reads(f"/legal/{TEXT}")
def show_text(key: str) -> Answer:
    """A legal text in force, with its older versions."""
    return _text_page(queries.get_present_text(key, current_language()), present=True)


@bp.reads(f"/legal/{TEXT}/<int:version>")
def show_text_version(key: str, version: int) -> Answer:
    """A version as somebody may have agreed to it, in the language in which the text is shown now."""
    language = queries.get_present_text(key, current_language()).language
    return _text_page(queries.get_text_version(key, language, version), present=False)


@bp.reads("/manage/texts", entry=is_staff)
def texts() -> Answer:
    refuse_unless(current_actor(), AccountAction.PUBLISH_TEXT)
    states = queries.list_text_states(offered_languages())
    return render("accounts/texts.html", states=states, names=presenters.TEXT_NAMES)


@bp.fills(f"/manage/texts/{TEXT}/<language>", entry=is_staff)
def edit_text(key: str, language: str) -> Answer:
    """Write, look at it, publish: the new version stands beside the old ones."""
    refuse_unless(current_actor(), AccountAction.PUBLISH_TEXT)
    if language not in offered_languages():
        raise NotFound(lazy("No encontramos este texto."))
    form = LegalTextForm() if request.method == "POST" else _present_form(key, language)
    step = request.form.get("step", "write")
    if step != "write" and form.validate():
        if step == "publish":
            return _publish_text(form, key, language)
        return _text_form("accounts/text_review.html", form, key, language)
    return _text_form("accounts/text_form.html", form, key, language)


@bp.fills("/manage/roles", entry=is_staff)
def roles() -> Answer:
    """Who holds which role, in the whole lab or in one challenge, and a form to give one."""
    actor = current_actor()
    scope = queries.get_role_scope(actor, _challenge_asked_for())
    form = RoleForm.offering(presenters.roles_to_give(actor, scope.challenge_id))
    if request.method == "POST" and form.validate():
        try:
            with unit_of_work():
                chosen = Scope(Role(form.role.data), scope.challenge_id)
                operations.grant_role(current_actor(), form.email.data or "", chosen)
            say(_("El rol quedó dado."))
            return redirect(_roles_address(scope.challenge_id), 303)
        except Invalid as refusal:
            form.refuse(refusal.field, refusal.message)
    staff = queries.list_staff(scope)
    return render("accounts/roles.html", form=form, scope=scope, staff=staff, cards=presenters.ROLE_CARDS)


@bp.fills("/manage/roles/<int:grant_id>/withdraw", entry=is_staff)
def withdraw_role(grant_id: int) -> Answer:
    """Asks once more. A second press finds the role gone and gets the answer of the first."""
    if request.method == "POST" and queries.is_withdrawn(grant_id):
        scope = queries.get_role_scope(current_actor(), _challenge_asked_for())
        return _withdrawn(_roles_address(scope.challenge_id))
    grant = queries.get_grant(current_actor(), grant_id)
    list_address = _roles_address(grant.challenge_id)
    if request.method == "GET":
        role = presenters.ROLE_CARDS[grant.role].title
        return render("accounts/role_withdraw.html", grant=grant, role=role, back=list_address)
    with unit_of_work():
        operations.withdraw_role(current_actor(), grant_id)
    own = grant.person_id == current_actor().person_id
    return _withdrawn(url_for(".show_account") if own else list_address)


def _withdrawn(address: str) -> Answer:
    say(_("El rol quedó retirado."))
    return redirect(address, 303)


def _renew_session(found: queries.SignedIn, remember: bool) -> None:
    session.clear()
    login_user(found)
    session.permanent = remember
    forget_current_actor()


def _changed_password(form: PasswordForm) -> queries.SignedIn:
    with unit_of_work():
        actor = current_actor()
        assert actor.person_id is not None  # noqa: S101 - the door lets only signed-in people in
        return operations.change_password(actor, actor.person_id, form.present.data or "", form.password.data or "")


def _consent_page(refusal: NeedsConsent) -> Response:
    """The step, with everything that was sent as hidden fields: accepting sends it again to the same address."""
    step = queries.get_consent_step(current_language(), request.form, wrong=refusal)
    kept = [pair for pair in request.form.items(multi=True) if not _belongs_to_step(pair[0])]
    page = render("accounts/consent.html", consent=step, kept=kept, action=asked_address())
    return make_response(page, refusal.status)


def _belongs_to_step(name: str) -> bool:
    return name == "csrf_token" or name.startswith("consent_")


def _text_page(text: Any, present: bool) -> str:
    versions = queries.list_versions(text.key, text.language)
    return render("accounts/legal.html", text=text, present=present, versions=versions)


def _present_form(key: str, language: str) -> LegalTextForm:
    version = next(iter(queries.list_versions(key, language)), None)
    if version is None:
        return LegalTextForm(data={"seen": "0"})
    text = queries.get_text_version(key, language, version.version)
    return LegalTextForm(data={"title": text.title, "body": text.body, "seen": str(text.version)})


def _text_form(template: str, form: LegalTextForm, key: str, language: str) -> str:
    shown = {"key": key, "text_language": language, "name": presenters.TEXT_NAMES[key]}
    return render(template, form=form, draft=_draft_key(form, key, language), **shown)


def _draft_key(form: LegalTextForm, key: str, language: str) -> str:
    """Under which the browser keeps what is typed over the version that the editor saw."""
    return f"text:{key}:{language}:{form.seen_version or 0}"


def _publish_text(form: LegalTextForm, key: str, language: str) -> Answer:
    words = LegalWords(key, language, form.title.data or "", form.body.data or "")
    with unit_of_work():
        version = operations.publish_legal_text(current_actor(), words, form.seen_version)
    say(_draft_key(form, key, language), "draft-sent")
    say(_("Publicó la versión %(version)d.", version=version))
    return redirect(url_for(".texts"), 303)


def _challenge_asked_for() -> int | None:
    asked = request.values.get("challenge", "")
    if asked and not (asked.isdecimal() and len(asked) < 19):
        raise NotFound(lazy("No encontramos esta página."))
    return int(asked) if asked else None


def _roles_address(challenge_id: int | None) -> str:
    return url_for("accounts.roles", challenge=challenge_id)


def _roles_link(actor: Actor, challenge: Any) -> panels.Panel | None:
    if not can(actor, AccountAction.GRANT_ROLE, queries.RoleScope(challenge.id)):
        return None
    return panels.Panel("accounts/_manage_challenge.html", {"url": _roles_address(challenge.id)}, order=80)


def _administration_links(actor: Actor, _subject: Any) -> panels.Panel | None:
    if not can(actor, AccountAction.PUBLISH_TEXT):
        return None
    return panels.Panel("accounts/_manage_home.html", order=80)
