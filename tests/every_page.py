"""One example for every page of the program, and who may look at it.

The walk without a browser, the walk with one and the hostile texts all read this table; a page that is missing
here fails a test.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from lab.accounts.models import RoleGrant
from lab.challenges.phases import Activity, Override
from lab.challenges.queries import ChallengeView
from lab.contributions.models import Kind
from lab.core.actors import SYSTEM, Actor, Role
from lab.core.assets import asset
from lab.core.db import db, unit_of_work
from lab.ideas.operations import IdeaText, edit_idea
from lab.imports.operations import start_import
from lab.imports.records import Origin
from lab.moderation import queries as moderation
from tests.factories.challenges import a_challenge, moved
from tests.factories.contributions import a_comment, an_idea, hide
from tests.factories.people import a_guest, a_person, a_staff_member
from tests.factories.votes import support

READERS = ("visitor", "guest", "member", "author", "moderator", "administrator")
EVERYBODY = frozenset(READERS)
ACCOUNTS = EVERYBODY - {"visitor", "guest"}
AUTHOR = frozenset({"author"})
STAFF = frozenset({"moderator", "administrator"})
ADMINISTRATOR = frozenset({"administrator"})
PAGE, DASHBOARD, NOTHING = 6, 12, 1


@dataclass(frozen=True)
class Page:
    """An address, who gets it (200), what the others get, and how many queries it may make."""

    address: str
    readers: frozenset[str] = EVERYBODY
    refused: int = 403
    staff_refused: int = 403
    queries: int = PAGE
    is_page: bool = True

    def status_for(self, reader: str) -> int:
        if reader in self.readers:
            return 200
        return self.staff_refused if reader in STAFF else self.refused

    @property
    def reader(self) -> str:
        """The one who looks at it in a browser: the least trusted who may."""
        return next(each for each in READERS if each in self.readers)


def staff_page(address: str, readers: frozenset[str] = STAFF, refused: int = 403) -> Page:
    """A page of those who run challenges; `refused` is what the staff hear who may not see this one."""
    return Page(f"/manage{address}", readers, staff_refused=refused, queries=DASHBOARD)


def file(address: str) -> Page:
    return Page(address, queries=NOTHING, is_page=False)


PAGES = (
    Page("/"),
    Page("/about"),
    Page("/language?next=/about"),
    Page("/challenges"),
    Page("/challenges?q=agua&phase=exploration"),
    Page("/challenges?q=nada-de-esto"),
    Page("/challenges/{slug}"),
    Page("/challenges/{closed_slug}"),
    Page("/challenges/{slug}/ideas"),
    Page("/challenges/{slug}/ideas?q=pozo&kind=need&sort=newest"),
    Page("/challenges/{slug}/ideas?q=nada-de-esto"),
    Page("/challenges/{slug}/ideas/new"),
    Page("/challenges/{slug}/ideas/new?kind=need"),
    Page("/challenges/{closed_slug}/ideas/new"),
    Page("/ideas/{idea_id}"),
    Page("/ideas/{bare_id}"),
    Page("/ideas/{idea_id}/versions"),
    Page("/ideas/{idea_id}/edit", AUTHOR),
    Page("/ideas/{idea_id}/withdraw", AUTHOR),
    Page("/ideas/{draft_id}", AUTHOR, 404, 404),
    Page("/contributions/{idea_id}/comments"),
    Page("/comments/{comment_id}"),
    Page("/comments/{comment_id}/reply"),
    Page("/comments/{comment_id}/withdraw", AUTHOR),
    Page("/account", ACCOUNTS | {"guest"}, 303),
    Page("/account/sign-in", frozenset({"visitor", "guest"}), 303, 303),
    Page("/account/password", ACCOUNTS),
    Page("/legal/terms"),
    Page("/legal/privacy"),
    Page("/legal/consent/1"),
    staff_page(""),
    staff_page("/challenges/new", ADMINISTRATOR),
    staff_page("/challenges/{slug}"),
    staff_page("/challenges/{slug}/edit", ADMINISTRATOR),
    staff_page("/challenges/{slug}/phases", ADMINISTRATOR),
    staff_page("/challenges/{slug}/move/closed", ADMINISTRATOR),
    staff_page("/challenges/{slug}/rules", ADMINISTRATOR),
    staff_page("/challenges/{slug}/ballot", ADMINISTRATOR),
    staff_page("/challenges/{slug}/moderation"),
    staff_page("/challenges/{slug}/moderation?state=hidden"),
    staff_page("/contributions/{idea_id}/hide"),
    staff_page("/challenges/{slug}/imports"),
    staff_page("/imports/{import_id}/undo", ADMINISTRATOR, 404),
    staff_page("/roles", ADMINISTRATOR, 404),
    staff_page("/roles?challenge={challenge_id}", ADMINISTRATOR, 404),
    staff_page("/roles/{grant_id}/withdraw", ADMINISTRATOR, 404),
    staff_page("/texts", ADMINISTRATOR),
    staff_page("/texts/terms/es", ADMINISTRATOR),
    file("/robots.txt"),
    file("/bands/{slug}.svg"),
    file("{stylesheet}"),
    file("/healthz"),
    Page("/readyz", queries=2, is_page=False),
)
SHOWN = tuple(page for page in PAGES if page.is_page)


@dataclass(frozen=True)
class World:
    """Something of everything: its names fill the addresses, its people look at them."""

    people: Mapping[str, Actor]
    values: Mapping[str, object]

    def address(self, page: Page) -> str:
        return page.address.format_map(self.values)

    def address_of(self, rule: Rule) -> str:
        """An address of any rule, by the names of its arguments; `KeyError` for a name that this world lacks."""
        built = rule.build({name: self.values[name] for name in rule.arguments})
        assert built is not None
        return built[1]


def a_world(texts: Mapping[str, str] | None = None) -> World:
    """Two challenges, ideas of every kind and state, a discussion, a queue and a role; `texts` replace the words."""
    said = {"title": "Medir el agua del pozo", "body": "Cada mañana, entre todos.", "line": "Agua"} | dict(texts or {})
    people = _people(said)
    challenge = _open_challenge(said)
    closed = moved(a_challenge(slug="reto-que-termino"), None)
    idea = _discussed_idea(challenge, people, said)
    draft = an_idea(challenge, people["author"], draft=True)
    hide(people["moderator"], an_idea(challenge, people["author"], title=said["title"]).id, said["body"][:400])
    return World(
        people,
        idea
        | {
            "slug": challenge.slug,
            "challenge_id": challenge.id,
            "closed_slug": closed.slug,
            "bare_id": an_idea(challenge, people["guest"], Kind.PROPOSAL, title="Avisar").id,
            "draft_id": draft.id,
            "grant_id": db.session.execute(select(RoleGrant.id).order_by(RoleGrant.id)).scalars().first(),
            "import_id": _imported(challenge),
            "stylesheet": asset("app.css"),
            "digest": asset("app.css").split("/")[2],
            "name": "app.css",
        }
        | {"key": "terms", "version": 1, "language": "es", "to": "closed"},
    )


def uncovered(app: Flask, world: World) -> set[str]:
    """The endpoints with a page of which no address of the table is an example."""
    router = app.url_map.bind("127.0.0.1")
    shown = {router.match(world.address(page).partition("?")[0], "GET")[0] for page in PAGES}
    return {rule.endpoint for rule in rules_for(app, "GET")} - shown


def rules_for(app: Flask, method: str) -> Iterable[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def _people(said: Mapping[str, str]) -> dict[str, Actor]:
    return {
        "visitor": Actor(),
        "guest": a_guest("Visita"),
        "member": a_person("Vecino"),
        "author": a_person(said.get("name", "Vecina de El Alto")),
        "moderator": a_staff_member(Role.MODERATOR),
        "administrator": a_staff_member(Role.ADMINISTRATOR),
    }


def _open_challenge(said: Mapping[str, str]) -> ChallengeView:
    also = Override(Activity.PROPOSAL, None, True, None)
    return a_challenge(
        overrides=[also],
        slug="agua-que-avisa",
        title=said["title"][:120],
        summary=said["title"][:120],
        problem=said["body"],
        learning_questions=[said["line"]],
        lead_institution=said["line"],
        partners=[said["line"]],
        links=[{"text": said["line"], "address": "https://example.org/agua"}],
        categories=[said["line"], "Luz"],
    )


def _imported(challenge: ChallengeView) -> int:
    with unit_of_work():
        return start_import(SYSTEM, Origin("polis", "https://pol.is/agua", "CC BY 4.0"), challenge, False, "es").id


def _discussed_idea(challenge: ChallengeView, people: Mapping[str, Actor], said: Mapping[str, str]) -> dict[str, int]:
    author = people["author"]
    idea = an_idea(challenge, author, Kind.NEED, title=said["title"], body=said["body"], data_what=said["line"])
    with unit_of_work():
        edit_idea(author, idea, IdeaText(said["title"], said["body"] + "!", idea.need_type))
    support(people["member"], idea)
    comment = a_comment(idea, author, said["body"])
    a_comment(idea, people["guest"], said["body"], comment)
    hide(people["moderator"], a_comment(idea, people["member"], "Compre barato.").id)
    seen = moderation.get_moderated(people["moderator"], idea.id)
    return {"idea_id": idea.id, "target_id": idea.id, "contribution_id": seen.id, "comment_id": comment.id}
