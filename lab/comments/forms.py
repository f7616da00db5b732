"""The form of a comment."""

from uuid import uuid4

from wtforms import HiddenField
from wtforms.validators import Length

from lab.comments.models import BODY_LENGTH
from lab.contributions.models import KEY_LENGTH
from lab.core.forms import Form, paragraph
from lab.core.i18n import lazy


class CommentForm(Form):
    body = paragraph(lazy("Su comentario"), BODY_LENGTH)
    # Made with the form and sent with it: a second sending of the same form is the same comment.
    key = HiddenField(default=lambda: uuid4().hex, validators=[Length(min=8, max=KEY_LENGTH)])
