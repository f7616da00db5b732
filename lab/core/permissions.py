"""Who may do what, and when: one table of named predicates for each feature, one function that decides.

A rule is a list of alternatives, an alternative a list of predicates that must all hold:

    PERMISSIONS = {IdeaAction.EDIT: [[is_author, is_published], [moderates]]}

What is in no table is refused: default deny.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lab.core.actors import Actor
from lab.core.db import current_unit
from lab.core.errors import NotAllowed, Refusal
from lab.core.i18n import lazy

Test = Callable[[Actor, Any], bool]


@dataclass(frozen=True)
class Predicate:
    """A question about actor and subject, with the sentence said when the answer is no."""

    name: str
    test: Test
    refusal: Any
    error: type[Refusal] = NotAllowed

    def holds(self, actor: Actor, subject: Any) -> bool:
        return self.test(actor, subject)

    def refuse(self) -> Refusal:
        return self.error(self.refusal)


Rule = Sequence[Sequence[Predicate]]
_rules: dict[Enum, Rule] = {}


def predicate(refusal: Any, error: type[Refusal] = NotAllowed) -> Callable[[Test], Predicate]:
    """Makes a named predicate of a function `(actor, subject) -> bool`."""

    def wrap(test: Test) -> Predicate:
        return Predicate(test.__name__, test, refusal, error)

    return wrap


def declare(table: Mapping[Any, Rule]) -> None:
    """Adds a feature's table. Each action stands in exactly one table."""
    _rules.update(table)


def declared_actions() -> Mapping[Enum, Rule]:
    """Every action with its rule: what the tests walk."""
    return _rules


def why_not(actor: Actor, action: Enum, subject: Any = None, apart_from: Predicate | None = None) -> Predicate | None:
    """The predicate that stands in the way, None when the actor may.

    Among several alternatives the one that gets furthest explains best. `apart_from` is left out of account: what
    the deed itself will ask for on its way (consent) hides no button and no form.
    """
    failures = []
    for alternative in _rules.get(action, ()):
        failure = _first_failure(actor, subject, [each for each in alternative if each is not apart_from])
        if failure is None:
            return None
        failures.append(failure)
    return max(failures, key=lambda failure: failure[0], default=(0, _nobody))[1]


def can(actor: Actor, action: Enum, subject: Any = None) -> bool:
    """For templates and presenters; `require` is what protects."""
    return why_not(actor, action, subject) is None


def refuse_unless(actor: Actor, action: Enum, subject: Any = None, apart_from: Predicate | None = None) -> None:
    """For doors that show a form before the deed: refuses with the predicate's own error who may not do it."""
    obstacle = why_not(actor, action, subject, apart_from)
    if obstacle is not None:
        raise obstacle.refuse()


def require(actor: Actor, action: Enum, subject: Any = None) -> None:
    """First line of every operation: refuses with the predicate's own error, else notes the permission."""
    refuse_unless(actor, action, subject)
    current_unit().required.add(action)


def _first_failure(actor: Actor, subject: Any, alternative: Sequence[Predicate]) -> tuple[int, Predicate] | None:
    for position, each in enumerate(alternative):
        if not each.holds(actor, subject):
            return position, each
    return None


@predicate(lazy("Esta acción no está permitida."))
def _nobody(actor: Actor, subject: Any) -> bool:
    return False


@predicate(lazy("Esto se hace solo; nadie puede hacerlo a mano."))
def is_system(actor: Actor, subject: Any) -> bool:
    return actor.system


@predicate(lazy("Para esto necesita entrar con su cuenta."))
def signed_in(actor: Actor, subject: Any) -> bool:
    return actor.signed_in


@predicate(lazy("Solo el equipo del laboratorio puede ver esta página."))
def is_staff(actor: Actor, subject: Any) -> bool:
    return actor.is_staff


@predicate("")
def anybody(actor: Actor, subject: Any) -> bool:
    return True
