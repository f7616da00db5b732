"""The form of an idea: the same fields for every kind; which of them show is the template's matter."""

from typing import Any
from uuid import uuid4

from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, Length, Optional

from lab.challenges.queries import ChallengeView, group_territories
from lab.contributions.models import KEY_LENGTH, TITLE_LENGTH, Kind
from lab.core.forms import Form, line, paragraph
from lab.core.i18n import LANGUAGE_NAMES, lazy
from lab.ideas.models import BODY_LENGTH, DATA_LENGTH, NeedType
from lab.ideas.operations import IdeaText
from lab.ideas.presenters import NEED_NAMES
from lab.ideas.queries import IdeaView


class IdeaForm(Form):
    title = line(lazy("Dígalo en una frase"), TITLE_LENGTH)
    body = paragraph(lazy("Explíquelo"), BODY_LENGTH)
    need_type = RadioField(
        lazy("¿Qué hace falta?"),
        choices=[SelectChoice(each.value, NEED_NAMES[each]) for each in NeedType],
        validators=[Optional()],
    )
    data_what = line(lazy("¿Qué dato?"), DATA_LENGTH, required=False)
    data_format = line(lazy("¿En qué formato le serviría?"), DATA_LENGTH, required=False)
    data_purpose = line(lazy("¿Para qué lo usaría?"), DATA_LENGTH, required=False)
    category_id = SelectField(lazy("Tema"), validators=[Optional()])
    territory_code = SelectField(lazy("¿Dónde?"), validators=[Optional()])
    language = SelectField(lazy("¿En qué idioma escribe?"), validators=[AnyOf(list(LANGUAGE_NAMES))])
    key = HiddenField(default=lambda: uuid4().hex, validators=[Length(min=8, max=KEY_LENGTH)])

    @classmethod
    def for_challenge(cls, challenge: ChallengeView, kind: Kind, **kwargs: Any) -> "IdeaForm":
        """The form with the categories of the challenge and the places of the country."""
        form = cls(**kwargs)
        form.category_id.choices = [("", lazy("Sin tema")), *((str(c.id), c.name) for c in challenge.categories)]
        form.territory_code.choices = {"": [("", lazy("Sin lugar preciso"))], **group_territories()}
        form.language.choices = list(LANGUAGE_NAMES.items())
        if kind != Kind.NEED:
            for name in ("need_type", "data_what", "data_format", "data_purpose"):
                delattr(form, name)
        return form

    @classmethod
    def for_idea(cls, idea: IdeaView) -> "IdeaForm":
        """The form with what an idea says now."""
        values = {name: getattr(idea, name) for name in ("title", "body", "territory_code", "language")}
        values |= {name: getattr(idea, name) for name in ("need_type", "data_what", "data_format", "data_purpose")}
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
