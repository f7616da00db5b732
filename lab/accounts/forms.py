"""What people and staff type about accounts, roles and legal texts."""

from typing import Any

from wtforms import BooleanField, HiddenField, PasswordField, SelectField
from wtforms.validators import InputRequired, Length

from lab.accounts.models import EMAIL_LENGTH, TEXT_BODY_LENGTH, TEXT_TITLE_LENGTH
from lab.accounts.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from lab.accounts.presenters import ROLE_CARDS
from lab.core.actors import Role
from lab.core.forms import Form, choices, line, paragraph
from lab.core.i18n import lazy


def password(label: Any, autocomplete: str, *more: Any) -> PasswordField:
    """A password is taken as it is typed, never cleaned, and never drawn again."""
    required = InputRequired(lazy("Escriba la contraseña."))
    length = Length(max=MAXIMUM_LENGTH, message=lazy("Escriba como máximo %(max)d caracteres."))
    return PasswordField(label, [required, length, *more], render_kw={"autocomplete": autocomplete})


class SignInForm(Form):
    email = line(
        lazy("Correo electrónico"),
        EMAIL_LENGTH,
        render_kw={"type": "email", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = password(lazy("Contraseña"), "current-password")
    remember = BooleanField(lazy("Seguir conectado en este dispositivo. No lo marque en uno que usan otras personas."))


class PasswordForm(Form):
    present = password(lazy("Contraseña actual"), "current-password")
    password = password(
        lazy("Contraseña nueva"),
        "new-password",
        Length(min=MINIMUM_LENGTH, message=lazy("La contraseña necesita al menos %(min)d caracteres.")),
    )


class RoleForm(Form):
    email = line(
        lazy("Correo de la cuenta de esa persona"),
        EMAIL_LENGTH,
        render_kw={"type": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    role = SelectField(lazy("Rol"), [InputRequired(lazy("Elija un rol."))])

    @classmethod
    def offering(cls, roles: list[Role]) -> "RoleForm":
        form = cls()
        form.role.choices = choices((role.value, ROLE_CARDS[role].title) for role in roles)
        return form


class LegalTextForm(Form):
    title = line(lazy("Título"), TEXT_TITLE_LENGTH)
    body = paragraph(lazy("Texto"), TEXT_BODY_LENGTH, render_kw={"rows": 24})
    seen = HiddenField()

    @property
    def seen_version(self) -> int | None:
        """The version that stood when the editor began."""
        seen = self.seen.data or ""
        return int(seen) if seen.isdecimal() else None
