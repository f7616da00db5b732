"""The verbs of findings, needs and proposals: draft, publish, edit, withdraw."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import insert, update

from lab.challenges.queries import ChallengeView
from lab.contributions import operations as contributions
from lab.contributions.models import Channel, Kind, State
from lab.contributions.queries import find_sent
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Conflict, Invalid
from lab.core.i18n import lazy
from lab.core.permissions import can, require
from lab.ideas.models import Idea, NeedType
from lab.ideas.permissions import IdeaAction, returns_to_review
from lab.ideas.queries import IdeaView, get_own_idea

NEED_TYPE_MISSING = lazy("Diga qué hace falta: un dato, un servicio, un trámite, una norma u otra cosa.")


@dataclass(frozen=True)
class IdeaText:
    """What a person writes. The data fields count for a need of data only and are dropped elsewhere."""

    title: str
    body: str
    need_type: NeedType | None = None
    data_what: str = ""
    data_format: str = ""
    data_purpose: str = ""
    category_id: int | None = None
    territory_code: str | None = None
    language: str = "es"

    @property
    def words(self) -> str:
        return " ".join((self.title, self.body, self.data_what, self.data_format, self.data_purpose))


@dataclass(frozen=True)
class Proposal:
    """An idea about to exist: what permissions are asked of."""

    challenge: ChallengeView
    kind: Kind


def propose_idea(
    actor: Actor, proposal: Proposal, written: IdeaText, key: str, draft: bool = False
) -> contributions.Inserted:
    """Stores a draft, or publishes at once (held first where the challenge reviews guests).

    Sent twice with the same key it is stored once. Refuses by the table of permissions; with `Invalid` a
    category of another challenge, or a need without a type. A draft that was stored with this key becomes what is
    sent now; when something else left the draft with it already, refuses with `Conflict` (`details["sent"]` names
    that idea). Publishes `ContributionPublished` unless held.
    """
    require(actor, IdeaAction.PROPOSE, proposal)
    _check(proposal, written)
    new = _narrow(proposal, written, key)
    before = find_sent(actor, key)
    if before is not None and before.state == State.DRAFT:
        return _send_draft(actor, before.id, written, new if before.digest != new.digest else None, draft)
    if before is not None and before.digest != new.digest:
        raise Conflict(_SENT_BEFORE, sent=before.id)
    state = State.DRAFT if draft else contributions.first_state(actor, proposal.challenge)
    inserted = contributions.insert_contribution(actor, new, state)
    if inserted.new:
        fields = _wide(proposal.kind, written)
        db.session.execute(insert(Idea).values(id=inserted.id, **fields))
        contributions.store_version(actor, inserted.id, 1, written.title, fields)
        if state == State.PUBLISHED:
            contributions.tell_published(inserted.id, proposal.challenge.id, proposal.kind, written.words)
    return inserted


def publish_idea(actor: Actor, idea: IdeaView) -> State:
    """Publishes a draft, or hands it to review; returns the new state. Sent twice it is done once.

    Publishes `ContributionPublished`.
    """
    if _is_done(actor, idea, State.PUBLISHED, State.HELD):
        return idea.state
    require(actor, IdeaAction.PUBLISH, idea)
    state = contributions.first_state(actor, idea.challenge)
    if state == State.PUBLISHED:
        contributions.make_public(idea.id, State.DRAFT, words_of(idea), idea.version)
    else:
        contributions.change_state(idea.id, State.DRAFT, state)
    return state


def edit_idea(actor: Actor, idea: IdeaView, written: IdeaText, seen: int | None = None) -> int:
    """Stores the text as the version after the one the editor saw (`seen`, else the loaded one); returns its number.

    A text that stands there already, as when it was sent twice, is stored once. A public text whose author's first
    texts are reviewed goes back to review. Refuses with `Conflict` when it changed in between. Publishes
    `ContributionEdited`, and `ContributionRemoved` when it goes back.
    """
    require(actor, IdeaAction.EDIT, idea)
    _check(Proposal(idea.challenge, idea.kind), written)
    columns, fields = _columns(written), _wide(idea.kind, written)
    if all(getattr(idea, name) == value for name, value in (columns | fields).items()):
        return idea.version
    version = contributions.next_version(idea.id, idea.version if seen is None else seen, idea.state, **columns)
    if returns_to_review(actor, idea):
        contributions.remove_from_public(idea.id, State.HELD)
    db.session.execute(update(Idea).where(Idea.id == idea.id).values(**fields))
    contributions.store_version(actor, idea.id, version, written.title, fields)
    contributions.update_search(idea.id, written.words)
    return version


def withdraw_idea(actor: Actor, idea: IdeaView) -> None:
    """Takes the idea back; its address keeps a notice. Sent twice it is done once.

    Publishes `ContributionRemoved` if it was public.
    """
    if _is_done(actor, idea, State.WITHDRAWN):
        return
    require(actor, IdeaAction.WITHDRAW, idea)
    if idea.state == State.PUBLISHED:
        contributions.remove_from_public(idea.id, State.WITHDRAWN)
    else:
        contributions.change_state(idea.id, idea.state, State.WITHDRAWN)


def words_of(idea: IdeaView) -> str:
    """Everything of an idea that search reads."""
    return " ".join((idea.title, idea.body, idea.data_what, idea.data_format, idea.data_purpose))


_SENT_BEFORE = lazy(
    "Con este formulario ya envió otro texto. Si este es otro aporte, envíelo otra vez; "
    "si quería corregir el anterior, ábralo y corríjalo ahí."
)


def _send_draft(
    actor: Actor, idea_id: int, written: IdeaText, changed: contributions.NewContribution | None, draft: bool
) -> contributions.Inserted:
    """The form of a stored draft came again: with other words (`changed`), or now to be published."""
    if changed is not None or not draft:
        edit_idea(actor, get_own_idea(actor, idea_id), written)
    if changed is not None:
        contributions.remember_sent(idea_id, changed)
    if not draft:
        publish_idea(actor, get_own_idea(actor, idea_id))
    return contributions.Inserted(idea_id, new=False)


def _is_done(actor: Actor, idea: IdeaView, *wanted: State) -> bool:
    """Whether the author finds it done already: a second press is no error."""
    if idea.state not in wanted or not can(actor, IdeaAction.SEE_OWN, idea):
        return False
    require(actor, IdeaAction.SEE_OWN, idea)
    return True


def _columns(written: IdeaText) -> dict[str, object]:
    """What stands in the narrow row."""
    return {name: getattr(written, name) for name in ("title", "category_id", "territory_code", "language")}


def _narrow(proposal: Proposal, written: IdeaText, key: str) -> contributions.NewContribution:
    return contributions.NewContribution(
        challenge=proposal.challenge,
        kind=proposal.kind,
        title=written.title,
        language=written.language,
        category_id=written.category_id,
        territory_code=written.territory_code,
        idempotency_key=key,
        channel=Channel.WEB,
        content=json.dumps(_wide(proposal.kind, written), sort_keys=True),
    )


def _wide(kind: Kind, written: IdeaText) -> dict[str, object]:
    names = ("body", "need_type", "data_what", "data_format", "data_purpose")
    fields = {name: value for name, value in asdict(written).items() if name in names}
    if kind != Kind.NEED:
        fields["need_type"] = None
    if fields["need_type"] != NeedType.DATA:
        fields |= {"data_what": "", "data_format": "", "data_purpose": ""}
    return fields


def _check(proposal: Proposal, written: IdeaText) -> None:
    known = {category.id for category in proposal.challenge.categories}
    if written.category_id is not None and written.category_id not in known:
        raise Invalid(lazy("Esta categoría no es de este reto."), field="category_id")
    if proposal.kind == Kind.NEED and written.need_type is None:
        raise Invalid(NEED_TYPE_MISSING, "need_type")
