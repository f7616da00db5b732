"""The verbs of findings, needs and proposals: draft, publish, edit, withdraw."""

from dataclasses import asdict, dataclass

from sqlalchemy import insert, update

from lab.challenges.queries import ChallengeView
from lab.contributions import operations as contributions
from lab.contributions.models import Channel, Kind, State
from lab.core.actors import Actor
from lab.core.db import db
from lab.core.errors import Invalid
from lab.core.i18n import lazy
from lab.core.permissions import require
from lab.ideas.models import Idea, NeedType
from lab.ideas.permissions import IdeaAction
from lab.ideas.queries import IdeaView


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
    category of another challenge, or a need without a type. Publishes `ContributionPublished` unless held.
    """
    require(actor, IdeaAction.PROPOSE, proposal)
    _check(proposal, written)
    state = State.DRAFT if draft else contributions.first_state(actor, proposal.challenge)
    inserted = contributions.insert_contribution(actor, _narrow(proposal, written, key), state)
    if inserted.new:
        fields = _wide(proposal.kind, written)
        db.session.execute(insert(Idea).values(id=inserted.id, **fields))
        contributions.store_version(actor, inserted.id, 1, written.title, fields)
        if state == State.PUBLISHED:
            contributions.tell_published(inserted.id, proposal.challenge.id, proposal.kind, written.words)
    return inserted


def publish_idea(actor: Actor, idea: IdeaView) -> State:
    """Publishes a draft, or hands it to review; returns the new state. Publishes `ContributionPublished`."""
    require(actor, IdeaAction.PUBLISH, idea)
    state = contributions.first_state(actor, idea.challenge)
    if state == State.PUBLISHED:
        contributions.make_public(idea.id, State.DRAFT, words_of(idea))
    else:
        contributions.change_state(idea.id, State.DRAFT, state)
    return state


def edit_idea(actor: Actor, idea: IdeaView, written: IdeaText) -> int:
    """Stores the text as the next version and returns its number.

    Refuses with `Conflict` when somebody edited in between. Publishes `ContributionEdited`.
    """
    require(actor, IdeaAction.EDIT, idea)
    _check(Proposal(idea.challenge, idea.kind), written)
    version = contributions.next_version(
        idea.id,
        idea.version,
        title=written.title,
        category_id=written.category_id,
        territory_code=written.territory_code,
        language=written.language,
    )
    fields = _wide(idea.kind, written)
    db.session.execute(update(Idea).where(Idea.id == idea.id).values(**fields))
    contributions.store_version(actor, idea.id, version, written.title, fields)
    contributions.update_search(idea.id, written.words)
    return version


def withdraw_idea(actor: Actor, idea: IdeaView) -> None:
    """Takes the idea back; its address keeps a notice. Publishes `ContributionRemoved` if it was public."""
    require(actor, IdeaAction.WITHDRAW, idea)
    if idea.state == State.PUBLISHED:
        contributions.remove_from_public(idea.id, State.WITHDRAWN)
    else:
        contributions.change_state(idea.id, idea.state, State.WITHDRAWN)


def words_of(idea: IdeaView) -> str:
    """Everything of an idea that search reads."""
    return " ".join((idea.title, idea.body, idea.data_what, idea.data_format, idea.data_purpose))


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
        raise Invalid(
            lazy("Diga qué hace falta: un dato, un servicio, un trámite, una norma u otra cosa."), "need_type"
        )
