"""The form of an idea: the same fields for every kind; which of them show is the template's matter."""

from typing import Any
from uuid import uuid4

from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from lab.challenges.queries import ChallengeView, group_territories
from lab.contributions.models import KEY_LENGTH, TITLE_LENGTH, Kind
from lab.core.forms import Form, choices, grouped_choices, line, paragraph
from lab.core.i18n import LANGUAGE_NAMES, lazy
from lab.ideas.models import BODY_LENGTH, DATA_LENGTH, NeedType
from lab.ideas.operations import NEED_TYPE_MISSING, IdeaText
from lab.ideas.presenters import NEED_NAMES
from lab.ideas.queries import IdeaView


class IdeaForm(Form):
    title = line(lazy("Dígalo en una frase"), TITLE_LENGTH)
    body = paragraph(lazy("Explíquelo"), BODY_LENGTH)
    need_type = RadioField(
        lazy("¿Qué hace falta?"),
        choices=choices((each.value, NEED_NAMES[each]) for each in NeedType),
        validators=[InputRequired(NEED_TYPE_MISSING)],
    )
    data_what = line(lazy("¿Qué dato?"), DATA_LENGTH, required=False)
    data_format = line(lazy("¿En qué formato le serviría?"), DATA_LENGTH, required=False)
    data_purpose = line(lazy("¿Para qué lo usaría?"), DATA_LENGTH, required=False)
    category_id = SelectField(lazy("Tema"), validators=[Optional()])
    territory_code = SelectField(lazy("¿Dónde?"), validators=[Optional()])
    language = SelectField(lazy("¿En qué idioma escribe?"), validators=[AnyOf(list(LANGUAGE_NAMES))])
    key = HiddenField(default=lambda: uuid4().hex, validators=[Length(min=8, max=KEY_LENGTH)])

    # The version that this form was drawn from, kept while the form is drawn again: what came later is not overwritten.
    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version whose text the editor changed; one that never was (0) if the form does not say."""
        said = str(self.version.data or "")
        return int(said) if said.isdecimal() and len(said) < 10 else 0

    @classmethod
    def for_challenge(cls, challenge: ChallengeView, kind: Kind, **kwargs: Any) -> "IdeaForm":
        """The form with the categories of the challenge and the places of the country."""
        form = cls(**kwargs)
        categories = ((str(category.id), category.name) for category in challenge.categories)
        form.category_id.choices = choices([("", lazy("Sin tema")), *categories])
        form.territory_code.choices = grouped_choices(lazy("Sin lugar preciso"), group_territories())
        form.language.choices = choices(LANGUAGE_NAMES.items())
        if kind != Kind.NEED:
            for name in ("need_type", "data_what", "data_format", "data_purpose"):
                delattr(form, name)
        return form

    @classmethod
    def for_idea(cls, idea: IdeaView) -> "IdeaForm":
        """The form with what an idea says now."""
        values = {name: getattr(idea, name) for name in ("title", "body", "territory_code", "language")}
        values |= {name: getattr(idea, name) for name in ("need_type", "data_what", "data_format", "data_purpose")}
        values |= {"version": idea.version}
        return cls.for_challenge(idea.challenge, idea.kind, data=values | {"category_id": str(idea.category_id or "")})

    def written(self) -> IdeaText:
        """What was typed, as the operation takes it."""
        typed = self.data
        return IdeaText(
            title=typed["title"],
            body=typed["body"],
            need_type=NeedType(typed["need_type"]) if typed.get("need_type") else None,
            data_what=typed.get("data_what") or "",
            data_format=typed.get("data_format") or "",
            data_purpose=typed.get("data_purpose") or "",
            category_id=int(typed["category_id"]) if typed["category_id"] else None,
            territory_code=typed["territory_code"] or None,
            language=typed["language"],
        )
