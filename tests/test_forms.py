"""What every form keeps to, whatever it asks for."""

import pytest
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from lab.accounts.forms import RoleForm
from lab.challenges.forms import ChallengeForm, RulesForm
from lab.contributions.models import Kind
from lab.core.actors import Role
from lab.core.forms import Form
from lab.ideas.forms import IdeaForm
from lab.moderation.forms import HideForm
from tests.factories.challenges import a_challenge

CHOOSING = {
    RoleForm: lambda: RoleForm.offering(list(Role)),
    ChallengeForm: ChallengeForm,
    RulesForm: RulesForm,
    IdeaForm: lambda: IdeaForm.for_challenge(a_challenge(categories=["Agua"]), Kind.NEED),
    HideForm: HideForm,
}


def choosers(form) -> list[SelectField]:
    return [field for field in form if isinstance(field, SelectField)]


@pytest.mark.parametrize("form", CHOOSING, ids=lambda form: form.__name__)
def test_choices_are_offered_as_the_library_will_go_on_taking_them(app, form):
    """Pairs set on a finished form pass without the library's warning and stop working with its next version."""
    with app.test_request_context():
        offered = [choice for field in choosers(CHOOSING[form]()) for choice in field.choices]
    assert offered
    assert {type(choice) for choice in offered} == {SelectChoice}


def test_no_form_that_offers_choices_is_missing_here(app):
    with app.test_request_context():
        assert {form for form in Form.__subclasses__() if choosers(form())} == CHOOSING.keys()


def test_places_are_grouped_by_department_after_the_choice_of_none(app):
    with app.test_request_context():
        groups = dict(ChallengeForm().territory_code.iter_groups())
    assert [choice.value for choice in groups.pop(None)] == [""]
    assert next(iter(groups.values()))[0].label in groups
