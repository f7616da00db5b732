"""Words translated when a template is compiled: Spanish fallbacks are marked in the text and plain in attributes."""

import pytest
from babel.support import NullTranslations
from flask import g
from markupsafe import Markup, escape

from lab.core import i18n, rendering
from lab.core.i18n import lazy

WORDS = {"en": {"Hola": "Hello", "Ni <b> ni &": "Neither <b> nor &"}}


class Words(NullTranslations):
    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._words = words

    def gettext(self, message):
        return self._words.get(message, message)


@pytest.fixture
def speak(app, monkeypatch):
    """`speak(language)`: from now on a page in a language of which only English has words."""
    monkeypatch.setattr(i18n, "catalogue", lambda language: Words(WORDS.get(language, {})))
    with app.test_request_context("/"):
        yield lambda language: setattr(g, "language", language)


@pytest.fixture
def draw(speak):
    """`draw(language, source)`: a template drawn in that language."""

    def render(language: str, source: str, **values: object) -> str:
        speak(language)
        return rendering._environment(language, {}).from_string(source).render(**values)

    return render


def test_a_page_in_the_source_language_says_the_words_as_they_are(draw):
    assert draw("es", "<p title=\"{{ _('Hola') }}\">{{ _('Hola') }}</p>") == '<p title="Hola">Hola</p>'


def test_a_page_with_a_whole_catalogue_says_its_own_words(draw):
    assert draw("en", "<p title=\"{{ _('Hola') }}\">{{ _('Hola') }}</p>") == '<p title="Hello">Hello</p>'


@pytest.mark.parametrize("language", ["qu", "ay", "gn"])
def test_a_missing_word_is_marked_as_spanish_in_the_text_alone(draw, language):
    drawn = draw(language, "<p title=\"{{ _('Hola') }}\">{{ _('Hola') }}</p>")
    assert drawn == '<p title="Hola"><span lang="es">Hola</span></p>'


def test_a_missing_word_in_english_is_left_as_it_is(draw):
    assert draw("en", "<p>{{ _('Adiós') }}</p>") == "<p>Adiós</p>"


@pytest.mark.parametrize("language", ["es", "en", "qu"])
def test_words_are_escaped_in_text_and_attribute(draw, language):
    drawn = draw(language, "<p title=\"{{ _('Ni <b> ni &') }}\">{{ _('Ni <b> ni &') }}</p>")
    assert "<b>" not in drawn
    assert drawn.count("&lt;b&gt;") == 2


def test_a_word_kept_in_a_variable_is_plain_in_an_attribute_and_marked_in_the_text(draw):
    drawn = draw("qu", "{% set word = _('Hola') %}<a title=\"{{ word }}\">{{ word }}</a>")
    assert drawn == '<a title="Hola"><span lang="es">Hola</span></a>'


def test_a_word_chosen_inside_an_attribute_is_plain(draw):
    source = "<a title=\"{{ _('Hola') if shown else _('Adiós') }}\">x</a>"
    assert draw("ay", source, shown=False) == '<a title="Adiós">x</a>'


@pytest.mark.parametrize("element", ["title", "option", "textarea"])
def test_a_missing_word_is_plain_where_no_markup_can_stand(draw, element):
    drawn = draw(
        "qu", f"<{element}>{{{{ _('Hola') }}}} {{{{ word }}}}</{element}><p>{{{{ word }}}}</p>", word=lazy("Hola")
    )
    assert drawn == f'<{element}>Hola Hola</{element}><p><span lang="es">Hola</span></p>'


def test_a_block_that_the_frame_shows_as_words_is_plain(draw):
    source = "{% block title %}{{ _('Hola') }} {{ word }}{% endblock %}{{ word }}"
    assert draw("gn", source, word=lazy("Hola")) == 'Hola Hola<span lang="es">Hola</span>'


@pytest.mark.parametrize(("language", "said"), [("es", "Hola"), ("en", "Hello"), ("qu", '<span lang="es">Hola</span>')])
def test_a_lazy_word_says_whether_it_is_spanish(speak, language, said):
    speak(language)
    assert escape(lazy("Hola")) == said


def test_a_lazy_word_is_escaped(speak):
    speak("es")
    assert escape(lazy("Ni <b> ni &")) == "Ni &lt;b&gt; ni &amp;"


def test_a_sentence_with_values_is_marked_once_and_keeps_the_markup_of_ours(speak):
    speak("ay")
    drawn = rendering._sentence("Cierra %(when)s con %(what)s", when=Markup("<time>hoy</time>"), what=lazy("Hola"))
    assert drawn == '<span lang="es">Cierra <time>hoy</time> con Hola</span>'


def test_what_people_typed_in_a_sentence_stays_escaped(speak):
    for language in ("es", "ay"):
        speak(language)
        assert "&lt;i&gt;" in rendering._sentence("Paso %(name)s", name="<i>")


def test_a_count_is_marked_where_its_sentence_is_missing(speak):
    speak("qu")
    assert rendering._counted_sentence("%(num)s reto", "%(num)s retos", 2) == '<span lang="es">2 retos</span>'
    speak("es")
    assert rendering._counted_sentence("%(num)s reto", "%(num)s retos", 1) == "1 reto"


def test_a_message_of_a_form_is_marked_with_its_values(speak):
    speak("gn")
    assert escape(lazy("Como máximo %(max)d.") % {"max": 4}) == '<span lang="es">Como máximo 4.</span>'


def test_markup_with_a_marked_word_is_plain_in_an_attribute(draw):
    source = '{% macro words() %}{{ word }}!{% endmacro %}<a title="{{ words() }}">{{ words() }}</a>'
    assert draw("qu", source, word=lazy("Hola")) == '<a title="Hola!"><span lang="es">Hola</span>!</a>'


def test_what_people_typed_is_escaped_everywhere(draw):
    typed = '"><script>alert(1)</script>'
    for language in ("es", "qu"):
        drawn = draw(language, '<a title="{{ typed }}">{{ typed }}</a>', typed=typed)
        assert "<script>" not in drawn
        assert 'title=""' not in drawn


def test_a_name_that_was_not_given_is_an_error_and_not_an_empty_place(draw):
    with pytest.raises(Exception, match="undefined"):
        draw("es", "{{ forgotten }}")


def test_a_fragment_is_drawn_once_for_what_it_shows(app):
    rendering._fragments.clear()
    drawn = [rendering.fragment("_macros/ui.html", ("test", number), dict) for number in (1, 1, 2)]
    assert isinstance(drawn[0], Markup)
    assert len(rendering._fragments) == 2
    rendering._fragments.clear()
