"""The forms of challenges, and their translation from and into what operations take."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from wtforms import BooleanField, Field, HiddenField, SelectField
from wtforms.validators import Optional, ValidationError

from lab.challenges.models import (
    INSTITUTION_LENGTH,
    PROBLEM_LENGTH,
    REASON_LENGTH,
    SLUG_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
)
from lab.challenges.operations import ChallengeText
from lab.challenges.phases import DEFAULTS, NAMES, Activity, Override, Period, Phase, Stage
from lab.challenges.presenters import ACTIVITY_NAMES, ASSURANCE_NAMES, sectors
from lab.challenges.queries import ChallengeView, group_territories
from lab.core.actors import Assurance
from lab.core.dates import ZONE
from lab.core.errors import Invalid
from lab.core.forms import Form, choices, grouped_choices, line, moment, paragraph
from lab.core.i18n import gettext as _
from lab.core.i18n import lazy
from lab.core.text import is_safe_link, slugify

RESERVED = frozenset({"new"})  # `/manage/challenges/new` is a page of its own
QUESTION_LENGTH = 240
CATEGORY_LENGTH = 60
LINK_LENGTH = 400
LINES = 20
VERSION_DIGITS = 10  # as many as the column's numbers have at most
YES, NO, DEFAULT = "yes", "no", ""


def _lines(label: Any, each: int) -> Any:
    return paragraph(label, (each + 1) * LINES, required=False)


class ChallengeForm(Form):
    """The text of a challenge. Lists are written one thing per line; a link is `text | address`."""

    title = line(lazy("Título"), TITLE_LENGTH)
    slug = line(lazy("Dirección de la página"), SLUG_LENGTH, required=False)
    summary = paragraph(lazy("Resumen"), SUMMARY_LENGTH)
    problem = paragraph(lazy("El problema"), PROBLEM_LENGTH, required=False)
    learning_questions = _lines(lazy("Preguntas de aprendizaje"), QUESTION_LENGTH)
    lead_institution = line(lazy("Institución que conduce"), INSTITUTION_LENGTH, required=False)
    partners = _lines(lazy("Aliados"), INSTITUTION_LENGTH)
    categories = _lines(lazy("Categorías"), CATEGORY_LENGTH)
    links = _lines(lazy("Enlaces"), LINK_LENGTH)
    sector = SelectField(lazy("Sector"), choices=lambda: choices(sectors()))
    territory_code = SelectField(lazy("Territorio"), choices=lambda: _places(), validators=[Optional()])
    reviews_guests = BooleanField(lazy("Revisar lo que escriben las personas sin cuenta antes de publicarlo"))
    seen = HiddenField()

    def validate_learning_questions(self, field: Field) -> None:
        _check_lines(field, QUESTION_LENGTH)

    def validate_partners(self, field: Field) -> None:
        _check_lines(field, INSTITUTION_LENGTH)

    def validate_categories(self, field: Field) -> None:
        _check_lines(field, CATEGORY_LENGTH)

    def validate_links(self, field: Field) -> None:
        _check_lines(field, LINK_LENGTH)
        for written in lines_of(field.data):
            name, _bar, address = written.partition("|")
            if not name.strip() or not is_safe_link(address.strip()):
                raise ValidationError(_("Escriba cada enlace así: texto | https://…"))

    @property
    def address(self) -> str:
        """The part of the address that was typed, or the one the title suggests; refuses one that cannot be used."""
        slug = slugify(self.slug.data or self.title.data or "", SLUG_LENGTH)
        if not slug or slug in RESERVED:
            raise Invalid(lazy("Escriba una dirección con letras o números, por ejemplo: agua-que-avisa."), "slug")
        return slug

    @property
    def seen_version(self) -> int:
        """The version that stood when the editor began; 0, which never stands, for a form that names none."""
        seen = self.seen.data or ""
        return int(seen) if seen.isdecimal() and len(seen) < VERSION_DIGITS else 0

    def differing(self, challenge: ChallengeView) -> list[tuple[Any, str]]:
        """Label and stored words of each text in which the challenge differs from what was typed."""
        stored = challenge_values(challenge)
        texts = [
            field for field in self if field.name in stored and field.name not in {"slug", "seen", "reviews_guests"}
        ]
        present = [(field, _shown(field, stored[field.name])) for field in texts]
        return [(field.label.text, words) for field, words in present if words != _shown(field, field.data)]

    def written(self, before: ChallengeView | None = None) -> ChallengeText:
        """What was typed; what this form does not ask for stays as it was `before`."""
        written = ChallengeText(
            title=self.title.data or "",
            summary=self.summary.data or "",
            problem=self.problem.data or "",
            learning_questions=lines_of(self.learning_questions.data),
            lead_institution=self.lead_institution.data or "",
            partners=lines_of(self.partners.data),
            links=[_link(written) for written in lines_of(self.links.data)],
            sector=self.sector.data,
            territory_code=self.territory_code.data or None,
            reviews_guests=self.reviews_guests.data,
            categories=list(dict.fromkeys(lines_of(self.categories.data))),
        )
        if before is None:
            return written
        return replace(written, language=before.language, demonstration=before.demonstration)


class PhasesForm(Form):
    """Start and end of each phase, in Bolivian time; a phase without dates is not planned."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        for phase in Phase:
            start, end = self[f"{phase}_start"], self[f"{phase}_end"]
            if bool(start.data) != bool(end.data) and not (start.errors or end.errors):
                missing = end if start.data else start
                missing.errors = [*missing.errors, _("Ponga las dos fechas de la fase, o ninguna.")]
                valid = False
        return valid

    def periods(self) -> list[Period]:
        """The phases that have dates."""
        dates = [(phase, self[f"{phase}_start"].data, self[f"{phase}_end"].data) for phase in Phase]
        return [Period(phase, _in_zone(start), _in_zone(end)) for phase, start, end in dates if start and end]

    def rows(self) -> list[tuple[Field, Field]]:
        """Start and end of each phase, as the page lays them out."""
        return [(self[f"{phase}_start"], self[f"{phase}_end"]) for phase in Phase]


class MoveForm(Form):
    """Why a challenge is moved by hand."""

    reason = paragraph(lazy("Motivo"), REASON_LENGTH)


class RulesForm(Form):
    """What each phase allows and how surely people must be known; an empty choice leaves the default."""

    def overrides(self) -> list[Override]:
        """The rows that differ from the defaults."""
        allowed = {(phase, activity): self[f"{phase}_{activity}"].data for phase in Phase for activity in Activity}
        needed = {activity: self[f"assurance_{activity}"].data for activity in Activity}
        return [
            Override(activity, phase, answer == YES, None) for (phase, activity), answer in allowed.items() if answer
        ] + [Override(activity, None, None, Assurance(int(level))) for activity, level in needed.items() if level]

    def rows(self) -> list[tuple[Any, list[Field], Field]]:
        """Each activity with its choice for every phase and who may do it."""
        return [
            (ACTIVITY_NAMES[activity], [self[f"{phase}_{activity}"] for phase in Phase], self[f"assurance_{activity}"])
            for activity in Activity
        ]


def lines_of(text: str | None) -> list[str]:
    """The lines somebody typed, without empty ones and spaces at the ends."""
    return [each.strip() for each in (text or "").splitlines() if each.strip()]


def challenge_values(challenge: ChallengeView) -> dict[str, Any]:
    """A challenge as `ChallengeForm` shows it."""
    same = ("title", "slug", "summary", "problem", "lead_institution", "sector", "reviews_guests", "territory_code")
    return {name: getattr(challenge, name) for name in same} | {
        "learning_questions": "\n".join(challenge.learning_questions),
        "partners": "\n".join(challenge.partners),
        "categories": "\n".join(category.name for category in challenge.categories),
        "links": "\n".join(f"{link['text']} | {link['address']}" for link in challenge.links),
        "seen": str(challenge.version),
    }


def period_values(stage: Stage) -> dict[str, datetime]:
    """The planned dates as `PhasesForm` shows them."""
    starts = {f"{period.phase}_start": _local(period.starts_at) for period in stage.periods}
    return starts | {f"{period.phase}_end": _local(period.ends_at) for period in stage.periods}


def rule_values(stage: Stage) -> dict[str, str]:
    """The overrides as `RulesForm` shows them; one for every phase is shown in each."""
    values: dict[str, str] = {}
    for override in sorted(stage.overrides, key=lambda each: each.phase is not None):
        if override.allowed is not None:
            phases = [override.phase] if override.phase else list(Phase)
            values |= {f"{phase}_{override.activity}": YES if override.allowed else NO for phase in phases}
        if override.assurance is not None:
            values[f"assurance_{override.activity}"] = str(int(override.assurance))
    return values


def _shown(field: Field, value: str | None) -> str:
    """A value as a reader knows it: of a choice its label, of lines the lines."""
    if isinstance(field, SelectField):
        return next((str(each.label) for each in field.iter_choices() if each.value == (value or "")), "")
    return "\n".join((value or "").splitlines())


def _check_lines(field: Field, each: int) -> None:
    written = lines_of(field.data)
    if len(written) > LINES:
        raise ValidationError(_("Escriba como máximo %(count)d líneas.", count=LINES))
    if any(len(one) > each for one in written):
        raise ValidationError(_("Una línea es demasiado larga: use %(max)d caracteres o menos.", max=each))


def _places() -> list[Any]:
    return grouped_choices(lazy("Todo el país"), group_territories())


def _link(written: str) -> dict[str, str]:
    name, _bar, address = written.partition("|")
    return {"text": name.strip(), "address": address.strip()}


def _in_zone(typed: datetime) -> datetime:
    return typed.replace(tzinfo=ZONE)


def _local(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(tzinfo=None)


def _may_be_empty() -> Optional:
    """Without the note that a field is optional: eight labels in a row need not say it."""
    validator = Optional()
    validator.field_flags = {}
    return validator


def _choice(phase: Phase, activity: Activity) -> SelectField:
    usual = lazy("Lo usual: sí") if activity in DEFAULTS[phase] else lazy("Lo usual: no")
    answers = ((DEFAULT, usual), (YES, lazy("Sí")), (NO, lazy("No")))
    return SelectField(NAMES[phase], choices=choices(answers))


def _level(activity: Activity) -> SelectField:
    levels = ((str(int(level)), name) for level, name in ASSURANCE_NAMES.items())
    usual = (DEFAULT, lazy("Lo usual: sin cuenta"))
    return SelectField(ACTIVITY_NAMES[activity], choices=choices([usual, *levels]))


for _phase in Phase:
    _name = NAMES[_phase]
    setattr(PhasesForm, f"{_phase}_start", moment(lazy("%(phase)s: empieza", phase=_name), _may_be_empty()))
    setattr(PhasesForm, f"{_phase}_end", moment(lazy("%(phase)s: termina", phase=_name), _may_be_empty()))
    for _activity in Activity:
        setattr(RulesForm, f"{_phase}_{_activity}", _choice(_phase, _activity))
for _activity in Activity:
    setattr(RulesForm, f"assurance_{_activity}", _level(_activity))
