"""The first doors: home, about, and the note for robots."""

from flask import Response

from lab.challenges import presenters
from lab.challenges.queries import ChallengeFilter, list_public_challenges
from lab.core.i18n import current_language
from lab.core.rendering import render
from lab.core.web import Answer, Door
from lab.pages import queries

A_DAY = "public, max-age=86400"
# Lists with filters and the pages of staff are no answer to anybody's search.
ROBOTS = "User-agent: *\nDisallow: /manage\nDisallow: /account\nDisallow: /*?\n"
SHOWN = 5

bp = Door("pages", __name__)


@bp.reads("/")
def home() -> Answer:
    """What one can take part in now; without an open challenge, what there was."""
    found = list_public_challenges(ChallengeFilter()).rows
    running = [each for each in found if each.stage.phase is not None]
    cards = [presenters.card(challenge) for challenge in (running or found)[:SHOWN]]
    return render("pages/home.html", cards=cards, running=bool(running), more=len(found) > len(cards))


@bp.reads("/about")
def about() -> Answer:
    """What the lab is, in the reader's language or in Spanish."""
    return render("pages/about.html", text=queries.get_about(current_language()))


@bp.reads("/robots.txt")
def robots() -> Answer:
    response = Response(ROBOTS, mimetype="text/plain")
    response.headers["Cache-Control"] = A_DAY
    return response
