"""Time and what it allows: the one place that knows which phase a challenge is in.

A challenge's history is a row of moments: the planned start and end of each phase, and the recorded manual
moves. The latest moment that has come decides. `CURRENT_PHASE` is the same rule in SQL, for lists.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any

from lab.core.actors import Assurance
from lab.core.i18n import lazy


class Phase(StrEnum):
    EXPLORATION = "exploration"
    MAPPING = "mapping"
    EXPERIMENTATION = "experimentation"
    ADOPTION = "adoption"


class Activity(StrEnum):
    """What people do in a challenge, in words of its own: higher features map their actions to these."""

    FINDING = "finding"
    NEED = "need"
    PROPOSAL = "proposal"
    SUPPORT = "support"
    COMMENT = "comment"


_SPEAK = frozenset({Activity.SUPPORT, Activity.COMMENT})
DEFAULTS: Mapping[Phase, frozenset[Activity]] = {
    Phase.EXPLORATION: frozenset({Activity.FINDING, Activity.NEED}) | _SPEAK,
    Phase.MAPPING: frozenset({Activity.NEED, Activity.PROPOSAL}) | _SPEAK,
    Phase.EXPERIMENTATION: frozenset({Activity.PROPOSAL}) | _SPEAK,
    Phase.ADOPTION: frozenset({Activity.COMMENT}),
}
DEFAULT_ASSURANCE = Assurance.GUEST

NAMES: Mapping[Phase, Any] = {
    Phase.EXPLORATION: lazy("Exploración"),
    Phase.MAPPING: lazy("Mapeo de soluciones"),
    Phase.EXPERIMENTATION: lazy("Experimentación"),
    Phase.ADOPTION: lazy("Adopción"),
}
INVITATIONS: Mapping[Phase, Any] = {
    Phase.EXPLORATION: lazy("Estamos explorando: cuente lo que observa y lo que hace falta."),
    Phase.MAPPING: lazy("Estamos reuniendo soluciones: proponga una o apoye las que ya están."),
    Phase.EXPERIMENTATION: lazy("Estamos probando: comente lo que ve y ayude a mejorar las propuestas."),
    Phase.ADOPTION: lazy("Estamos poniendo en marcha lo que funcionó: siga de cerca y comente."),
}
BEFORE = lazy("Todavía no empieza. Vuelva pronto.")
BETWEEN = lazy("Estamos preparando la siguiente fase. Por ahora puede leer todo.")
OVER = lazy("Este reto terminó. Todo lo aportado queda a la vista.")


# When, how much it weighs against another at that instant, and the phase it leaves.
Moment = tuple[datetime, int, Phase | None]


@dataclass(frozen=True)
class Period:
    phase: Phase
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Move:
    """A recorded manual step; no phase means closed."""

    phase: Phase | None
    moved_at: datetime


@dataclass(frozen=True)
class Override:
    """A row of `activity_rules`; no phase means every phase."""

    activity: Activity
    phase: Phase | None
    allowed: bool | None
    assurance: Assurance | None


@dataclass(frozen=True)
class Stage:
    """Where a challenge stands at one moment of the database's clock, and what may be done there."""

    now: datetime
    phase: Phase | None
    closed: bool
    periods: tuple[Period, ...] = ()
    overrides: tuple[Override, ...] = ()

    def allows(self, activity: Activity) -> bool:
        """Whether the present phase asks for this; a rule of the phase beats a rule of the challenge."""
        if self.phase is None:
            return False
        ruled = self._override(activity, "allowed")
        return activity in DEFAULTS[self.phase] if ruled is None else ruled

    def assurance_for(self, activity: Activity) -> Assurance:
        """How surely somebody must be known for it."""
        ruled = self._override(activity, "assurance")
        return DEFAULT_ASSURANCE if ruled is None else ruled

    @property
    def activities(self) -> list[Activity]:
        return [activity for activity in Activity if self.allows(activity)]

    @property
    def closes_at(self) -> datetime | None:
        """When the present phase stops: at the first planned moment ahead that leaves another one, or none."""
        if self.phase is None:
            return None
        return next((at for at, phase in self._ahead() if phase != self.phase), None)

    @property
    def opens_at(self) -> datetime | None:
        """When the next phase is planned to begin, while none runs."""
        if self.phase is not None:
            return None
        return next((at for at, phase in self._ahead() if phase is not None), None)

    @property
    def sentence(self) -> Any:
        """The phase said as an invitation."""
        if self.phase is not None:
            return INVITATIONS[self.phase]
        if self.closed:
            return OVER
        return BETWEEN if any(period.starts_at <= self.now for period in self.periods) else BEFORE

    def _ahead(self) -> Iterator[tuple[datetime, Phase | None]]:
        """The planned moments to come, each with the phase it leaves."""
        ahead = sorted((each for each in _planned_moments(self.periods) if each[0] > self.now), key=itemgetter(0, 1))
        for at, together in groupby(ahead, key=itemgetter(0)):
            yield at, list(together)[-1][2]

    def _override(self, activity: Activity, what: str) -> Any:
        matching = [each for each in self.overrides if each.activity == activity]
        for phase in (self.phase, None):
            for each in matching:
                if each.phase == phase and getattr(each, what) is not None:
                    return getattr(each, what)
        return None


def current_stage(
    now: datetime, periods: Iterable[Period], moves: Iterable[Move], overrides: Iterable[Override] = ()
) -> Stage:
    """The stage at `now`. Of two moments at one instant a start beats an end, and a move beats both."""
    planned = tuple(sorted(periods, key=lambda period: period.starts_at))
    moments = [*_planned_moments(planned), *((move.moved_at, 2, move.phase) for move in moves)]
    past = [moment for moment in moments if moment[0] <= now]
    latest = max(past, key=lambda moment: moment[:2], default=(now, 0, None))
    return Stage(now, latest[2], _is_over(latest, planned, now), planned, tuple(overrides))


def _planned_moments(periods: Iterable[Period]) -> Iterator[Moment]:
    for period in periods:
        yield period.starts_at, 1, period.phase
        yield period.ends_at, 0, None


def _is_over(latest: Moment, planned: tuple[Period, ...], now: datetime) -> bool:
    """No phase runs, and none is ahead: by the last planned end, or by a manual close."""
    if latest[2] is not None:
        return False
    return latest[1] == 2 or (bool(planned) and all(period.ends_at <= now for period in planned))


# The same rule for lists: the phase of the latest moment that has come, null when none runs.
CURRENT_PHASE = """
(select moment.phase from (
    select starts_at as at, 1 as weight, phase from phase_periods where challenge_id = challenges.id
    union all select ends_at, 0, null from phase_periods where challenge_id = challenges.id
    union all select moved_at, 2, phase from phase_moves where challenge_id = challenges.id
) as moment where moment.at <= now() order by moment.at desc, moment.weight desc limit 1)
"""
