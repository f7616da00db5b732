"""Forms: every text is cleaned and has a stated maximum; what was typed is drawn again with the errors."""

from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.i18n import get_translations
from wtforms.validators import DataRequired, Length, Optional

from lab.core.i18n import SOURCE, current_language, lazy
from lab.core.text import clean, clean_line


class Form(FlaskForm):
    """Base of every form. The token is checked for all writes at the door (`web`), not in each form."""

    class Meta:
        csrf = False

        def get_translations(self, form: Any) -> Any:
            return _own_messages(current_language())

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
