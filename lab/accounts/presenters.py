"""Roles and legal texts in the words of the pages."""

from dataclasses import dataclass
from typing import Any

from lab.core.actors import Actor, Role
from lab.core.i18n import lazy


@dataclass(frozen=True)
class RoleCard:
    """A role's name and, in plain words, what it may do."""

    title: Any
    text: Any


ROLE_CARDS = {
    Role.FACILITATOR: RoleCard(
        lazy("Facilitación"),
        lazy("Prepara y publica retos, mueve sus fases, modera y da roles en ellos."),
    ),
    Role.MODERATOR: RoleCard(
        lazy("Moderación"),
        lazy("Revisa lo que espera publicación, y oculta o restablece aportes diciendo el motivo."),
    ),
    Role.ANALYST: RoleCard(
        lazy("Análisis"),
        lazy("Lee y descarga los resultados. No cambia nada."),
    ),
    Role.ADMINISTRATOR: RoleCard(
        lazy("Administración"),
        lazy("Hace todo lo anterior en todo el laboratorio, da cualquier rol y publica los textos legales."),
    ),
}

TEXT_NAMES = {
    "terms": lazy("Términos de uso"),
    "privacy": lazy("Privacidad"),
    "consent": lazy("Paso antes del primer aporte"),
    "notice": lazy("Aviso de cada priorización"),
}


def roles_to_give(actor: Actor, challenge_id: int | None) -> list[Role]:
    """The roles a form offers: administering is for the whole lab, and only administrators hand it on."""
    everywhere = challenge_id is None and actor.has_role(Role.ADMINISTRATOR)
    return [role for role in ROLE_CARDS if everywhere or role != Role.ADMINISTRATOR]


def own_roles(actor: Actor) -> list[Any]:
    """The names of the roles somebody holds, each once."""
    return [card.title for role, card in ROLE_CARDS.items() if role in actor.roles]
