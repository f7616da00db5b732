"""Forms: every text is cleaned and has a stated maximum; what was typed is drawn again with the errors."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import get_translations
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from lab.core.dates import FIRST_YEAR, LAST_YEAR
from lab.core.i18n import COMPLETE, SOURCE, bare, current_language, lazy
from lab.core.text import clean, clean_line


class Form(FlaskForm):
    """Base of every form. The token is checked for all writes at the door (`web`), not in each form."""

    class Meta(FlaskForm.Meta):
        csrf = False

        def get_translations(self, form: Any) -> Any:
            return _own_messages(current_language())

        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            """A widget is attributes and options: words not translated yet stay plain in them."""
            if current_language() in COMPLETE:
                return super().render_field(field, render_kw)
            return bare(super().render_field(field, {name: bare(value) for name, value in render_kw.items()}))

    def refuse(self, field: str, message: Any) -> None:
        """Shows an operation's refusal at the field it belongs to, or above the form."""
        if field in self._fields:
            self._fields[field].errors = [*self._fields[field].errors, message]
        else:
            self.form_errors.append(message)


def line(label: Any, maximum: int, required: bool = True, **kwargs: Any) -> StringField:
    """A text on one line, cleaned, of at most `maximum` characters."""
    return StringField(label, _validators(maximum, required), filters=[_cleaned_line], **kwargs)


def paragraph(label: Any, maximum: int, required: bool = True, **kwargs: Any) -> TextAreaField:
    """A longer text, cleaned, of at most `maximum` characters."""
    return TextAreaField(label, _validators(maximum, required), filters=[_cleaned], **kwargs)


def moment(label: Any, optional: Any = None) -> DateTimeLocalField:
    """A day and hour that may be left empty, of a year that can be meant (`optional`: another such validator)."""
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    return DateTimeLocalField(label, [optional or Optional(), SensibleYear()], format=formats)


class SensibleYear:
    """Refuses a year that nobody means; the browser is told the same bounds."""

    field_flags = {"min": f"{FIRST_YEAR}-01-01T00:00", "max": f"{LAST_YEAR}-12-31T23:59"}

    def __call__(self, _form: Any, field: Any) -> None:
        if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
            sentence = lazy("Escriba un año entre %(first)d y %(last)d.", first=FIRST_YEAR, last=LAST_YEAR)
            raise ValidationError(sentence)


def choices(pairs: Iterable[tuple[str, Any]], group: str | None = None) -> list[SelectChoice]:
    """(value, label) pairs as a field offers them, under the name of their group where there is one.

    Plain pairs would do today and stop working with the library's next version, which warns only sometimes.
    """
    return [SelectChoice(value, label, optgroup=group) for value, label in pairs]


def grouped_choices(nothing: Any, groups: Mapping[str, Iterable[tuple[str, Any]]]) -> list[SelectChoice]:
    """The choice of `nothing` first, then each group under its name."""
    return choices([("", nothing)]) + [each for name, pairs in groups.items() for each in choices(pairs, name)]


@lru_cache
def _own_messages(language: str) -> Any:
    """The library's own sentences, remembered: it would read the catalogue from disk for each form."""
    return get_translations([language, SOURCE])


def _validators(maximum: int, required: bool) -> list[Any]:
    first = DataRequired(lazy("Escriba algo aquí.")) if required else Optional()
    return [first, Length(max=maximum, message=lazy("Escriba como máximo %(max)d caracteres."))]


def _cleaned_line(value: Any) -> Any:
    return clean_line(value) if isinstance(value, str) else value


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
