"""The same sent twice is stored once; something else under the same key is not swallowed."""

from lab.comments.operations import CommentText, write_comment
from lab.core.db import unit_of_work
from tests.factories.challenges import a_challenge
from tests.factories.contributions import an_idea
from tests.racing import race

KEY = "k" * 12


def say(actor, idea, body):
    with unit_of_work():
        return write_comment(actor, idea, CommentText(body), KEY)


def test_comment_sent_twice_is_one(author, member):
    idea = an_idea(a_challenge(), author)
    first, second = say(member, idea, "Hola."), say(member, idea, "Hola.")
    assert (second.id, second.new) == (first.id, False)


def test_other_words_from_the_same_form_are_another_comment(author, member):
    idea = an_idea(a_challenge(), author)
    first, second, again = (say(member, idea, body) for body in ("Hola.", "Otra cosa.", "Otra cosa."))
    assert second.new
    assert second.id != first.id
    assert (again.id, again.new) == (second.id, False)


def test_same_words_to_another_idea_are_another_comment(author, member):
    challenge = a_challenge()
    here, there = (say(member, an_idea(challenge, author), "De acuerdo.") for _ in range(2))
    assert here.id != there.id


def test_other_words_sent_many_times_at_once_are_one_more_comment(app, author, member):
    idea = an_idea(a_challenge(), author)
    say(member, idea, "Hola.")
    results = race(app, [lambda: say(member, idea, "Otra cosa.")] * 10)
    assert [each.new for each in results].count(True) == 1
    assert len({each.id for each in results}) == 1
