"""Challenges as pages show them: cards, the timeline, what one can do now, and the names of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from lab.challenges.models import SECTORS
from lab.challenges.phases import INVITATIONS, NAMES, Activity, Phase, Stage
from lab.challenges.queries import ChallengeView
from lab.core.actors import Assurance
from lab.core.i18n import lazy

SECTOR_NAMES: Mapping[str, Any] = {
    "agua": lazy("Agua"),
    "educacion": lazy("Educación"),
    "salud": lazy("Salud"),
    "transporte": lazy("Transporte"),
    "ambiente": lazy("Medio ambiente"),
    "produccion": lazy("Producción y comercio"),
    "justicia": lazy("Justicia"),
    "servicios": lazy("Servicios y trámites"),
    "inclusion": lazy("Inclusión"),
    "datos": lazy("Datos abiertos"),
    "otro": lazy("Otro tema"),
}
ACTIVITY_NAMES: Mapping[Activity, Any] = {
    Activity.FINDING: lazy("Compartir hallazgos"),
    Activity.NEED: lazy("Decir necesidades"),
    Activity.PROPOSAL: lazy("Hacer propuestas"),
    Activity.SUPPORT: lazy("Apoyar"),
    Activity.COMMENT: lazy("Comentar"),
}
ASSURANCE_NAMES: Mapping[Assurance, Any] = {
    Assurance.GUEST: lazy("Cualquier persona, sin cuenta"),
    Assurance.ACCOUNT: lazy("Personas con cuenta"),
    Assurance.CONFIRMED: lazy("Personas con correo confirmado"),
    Assurance.VERIFIED: lazy("Personas con identidad verificada"),
}
_INVITED: Mapping[Activity, Any] = {
    Activity.FINDING: lazy("Contar lo que observo"),
    Activity.NEED: lazy("Decir qué hace falta"),
    Activity.PROPOSAL: lazy("Proponer una idea"),
}
# What each phase asks for first, as its invitation does.
_LEADING: Mapping[Phase, Activity] = {
    Phase.EXPLORATION: Activity.FINDING,
    Phase.MAPPING: Activity.PROPOSAL,
    Phase.EXPERIMENTATION: Activity.COMMENT,
    Phase.ADOPTION: Activity.COMMENT,
}
SOON = lazy("Pronto")
PREPARING = lazy("En preparación")
CLOSED = lazy("Terminado")


@dataclass(frozen=True)
class Card:
    """A challenge in a list; `phase` is a phase, `soon` or `closed`."""

    url: str
    band_url: str
    language: str
    title: str
    summary: str
    territory: str
    demo: bool
    phase: str
    phase_label: Any
    phase_sentence: Any
    closes: datetime | None
    opens: datetime | None
    ideas: int
    comments: int
    supports: int


@dataclass(frozen=True)
class Step:
    """A phase on the timeline; `state` is past, now or soon."""

    name: Any
    sentence: Any
    starts: datetime | None
    ends: datetime | None
    state: str


@dataclass(frozen=True)
class Action:
    """Something one can do now, as a button; the first of a list is the one that matters most."""

    label: Any
    address: str


@dataclass(frozen=True)
class NextStep:
    """What a facilitator should do next with a challenge."""

    label: Any
    address: str


def card(challenge: ChallengeView) -> Card:
    return Card(
        url=page_of(challenge),
        band_url=url_for("challenges.draw", slug=challenge.slug),
        language=challenge.language,
        title=challenge.title,
        summary=challenge.summary,
        territory=challenge.territory,
        demo=challenge.demonstration,
        phase=phase_word(challenge.stage),
        phase_label=phase_label(challenge.stage),
        phase_sentence=challenge.stage.sentence,
        closes=challenge.stage.closes_at,
        opens=challenge.stage.opens_at,
        ideas=challenge.idea_count,
        comments=challenge.comment_count,
        supports=challenge.support_count,
    )


def page_of(challenge: ChallengeView) -> str:
    return url_for("challenges.show", slug=challenge.slug)


def phase_word(stage: Stage) -> str:
    """The phase, or `closed`, or `soon` before and between phases."""
    if stage.phase:
        return str(stage.phase)
    return "closed" if stage.closed else "soon"


def phase_label(stage: Stage) -> Any:
    if stage.phase:
        return NAMES[stage.phase]
    if stage.closed:
        return CLOSED
    return PREPARING if any(period.starts_at <= stage.now for period in stage.periods) else SOON


def timeline(stage: Stage) -> list[Step]:
    """Every phase in order. Of a challenge that is over only those that ran: the others will not come."""
    steps = [_step(stage, phase) for phase in Phase]
    return [step for step in steps if not stage.closed or step.state == "past"]


def actions(challenge: ChallengeView) -> list[Action]:
    """What the present phase asks for; where it asks for nothing new, reading and discussing what there is."""
    page, stage = page_of(challenge), challenge.stage
    leading = _LEADING[stage.phase] if stage.phase else None
    kinds = [activity for activity in stage.activities if activity in _INVITED]
    kinds.sort(key=lambda activity: activity != leading)
    writing = [Action(_INVITED[activity], f"{page}/ideas/new?kind={activity}") for activity in kinds]
    reading = _reading(challenge, page)
    return reading + writing if leading == Activity.COMMENT else writing + reading


def assurance_sentence(stage: Stage) -> Any:
    """Whether one needs an account for what can be done now."""
    needed = {stage.assurance_for(activity) for activity in stage.activities}
    if not needed:
        return ""
    if max(needed) == Assurance.GUEST:
        return lazy("Puede participar sin crear una cuenta.")
    if min(needed) == Assurance.GUEST:
        return lazy("Para una parte de lo que se pide aquí necesita una cuenta.")
    return lazy("Para participar en este reto necesita una cuenta.")


def next_step(challenge: ChallengeView) -> NextStep:
    """A draft first needs dates, then to be published; afterwards one looks at how it goes."""
    slug, stage = challenge.slug, challenge.stage
    if not stage.periods:
        return NextStep(lazy("Poner las fechas"), url_for("challenges.plan", slug=slug))
    if challenge.published_at is None:
        return NextStep(lazy("Revisar y publicar"), url_for("challenges.overview", slug=slug))
    if stage.phase is None and not stage.closed:
        return NextStep(lazy("Revisar las fases"), url_for("challenges.plan", slug=slug))
    return NextStep(lazy("Ver cómo va"), url_for("challenges.overview", slug=slug))


def sectors() -> list[tuple[str, Any]]:
    """Code and name of each sector, in the order in which they are offered."""
    return [(code, SECTOR_NAMES[code]) for code in SECTORS]


def phases() -> list[tuple[str, Any]]:
    return [(str(phase), NAMES[phase]) for phase in Phase]


def _reading(challenge: ChallengeView, page: str) -> list[Action]:
    speaking = {Activity.SUPPORT, Activity.COMMENT} & set(challenge.stage.activities)
    if speaking == {Activity.COMMENT}:
        return [Action(lazy("Leer y comentar los aportes"), f"{page}/ideas")]
    if speaking and challenge.stage.phase == Phase.EXPERIMENTATION:
        return [Action(lazy("Comentar y apoyar"), f"{page}/ideas")]
    if speaking:
        return [Action(lazy("Apoyar y comentar"), f"{page}/ideas")]
    return [Action(lazy("Leer los aportes"), f"{page}/ideas")] if challenge.idea_count else []


def _step(stage: Stage, phase: Phase) -> Step:
    period = next((each for each in stage.periods if each.phase == phase), None)
    return Step(
        name=NAMES[phase],
        sentence=INVITATIONS[phase],
        starts=period.starts_at if period else None,
        ends=period.ends_at if period else None,
        state=_state(stage, phase, period.starts_at if period else None),
    )


def _state(stage: Stage, phase: Phase, starts: datetime | None) -> str:
    """The phases before the present one are past, also when somebody moved the challenge by hand."""
    if stage.phase is None:
        return "past" if starts is not None and starts <= stage.now else "soon"
    order = list(Phase)
    if phase == stage.phase:
        return "now"
    return "past" if order.index(phase) < order.index(stage.phase) else "soon"
