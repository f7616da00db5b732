"""Ideas by the ten thousand, made by the database itself, and people with everything a first contribution asks.

Deterministic: the same row number always gets the same words, places, supports and order.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from lab.accounts.operations import ensure_legal_texts
from lab.challenges import operations as challenges
from lab.challenges import queries
from lab.challenges.phases import Period, Phase
from lab.challenges.queries import ChallengeView
from lab.core.actors import SYSTEM, Actor, Role
from lab.core.db import db, unit_of_work

SIZES = (10_000, 100_000)
GUESTS = 4_000
ACCOUNTS = 4_000
COMMENTS = 50
CATEGORIES = ("Acceso", "Calidad", "Costo", "Información", "Otro")
SEARCHED = "riego"
ADMINISTRATOR = Actor(display_name="Banco", grants=frozenset({(Role.ADMINISTRATOR, None)}))

# One word in four is drawn for each place in a text; a search for SEARCHED finds every twentieth idea.
WORDS = (
    "agua barrio camino centro comunidad escuela familia gestión información educación "
    "municipio niñez salud servicio territorio trámite vecindad atención año día "
    "horario cosecha mercado parada puesto turno aviso registro reunión señal"
)
FILL = """
insert into people (display_name, guest_key)
select 'Vecina ' || n, md5('guest' || n) from generate_series(1, :guests) n;
insert into people (display_name, email, password_hash, assurance)
select 'Vecino ' || n, 'persona' || n || '@example.org', '-', 2 from generate_series(1, :accounts) n;
insert into consents (person_id, legal_text_id, language)
select p.id, t.id, 'es' from people p, legal_texts t where t.key = 'consent' and t.language = 'es';
"""
IDEAS = """
with word as (select regexp_split_to_array(:words, ' ') as list),
place as (select array_agg(code order by code) as codes from territories where code !~ '^..$'),
category as (select array_agg(id order by position) as ids from categories where challenge_id = :challenge),
written as (
  select n, n % 20 = 0 as searched,
    (select string_agg(list[1 + (n * (k * 37 + 11) + n / (k + 3)) % array_length(list, 1)], ' ' order by k)
     from generate_series(1, 45) k) as body
  from generate_series(1, :ideas) n, word
),
narrow as (
  insert into contributions (challenge_id, kind, state, title, author_id, category_id, territory_code, support,
                             comment_count, created_at, published_at)
  select :challenge, (array['finding', 'need', 'proposal'])[1 + n % 3], 'published',
    case when searched then 'Riego ' else 'Mejorar ' end || left(body, 52) || ' ' || n,
    1 + n % (:guests + :accounts), ids[1 + n % 5], codes[1 + n % array_length(codes, 1)],
    n * 7919 % :supports, n * 31 % 40, now() - make_interval(mins => n), now() - make_interval(mins => n)
  from written, place, category order by n
  returning id, title, kind
),
wide as (
  insert into ideas (id, body, need_type)
  select id, initcap(left(body, 1)) || substr(body, 2) || '.', case when kind = 'need' then 'service' end
  from narrow join written on n = substring(title from '[0-9]+$')::int
)
insert into search_documents (contribution_id, challenge_id, folded)
select id, :challenge, translate(lower(title || ' ' || body), 'áéíóúñü', 'aeiounu')
from narrow join written on n = substring(title from '[0-9]+$')::int;
insert into casts (ballot_id, option_id, person_id, value, version, channel)
select b.id, c.id, 1 + (c.id * 17 + k) % (:guests + :accounts), 1, 1, 'web'
from contributions c join ballots b on b.challenge_id = c.challenge_id and b.purpose = 'ideas',
  generate_series(1, c.support) k where c.challenge_id = :challenge;
update challenges set idea_count = :ideas where id = :challenge;
"""
# Four comments of five stand at the top level, the fifth answers the one before it.
DISCUSSION = """
with narrow as (
  insert into contributions (challenge_id, kind, state, author_id, support, created_at, published_at)
  select :challenge, 'comment', 'published', n, n % 4, now() - make_interval(mins => 100 - n), now()
  from generate_series(1, :comments) n order by n returning id, author_id as n
)
insert into comments (id, target_id, parent_id, root_id, depth, body)
select a.id, :idea, b.id, coalesce(b.id, a.id), case when b.id is null then 0 else 1 end,
  'En mi zona pasa algo parecido desde hace tiempo, y creo que *conviene* empezar por lo más sencillo. Caso ' || a.n
from narrow a left join narrow b on a.n % 5 = 0 and b.n = a.n - 1;
update contributions set comment_count = :comments where id = :idea;
"""


@dataclass(frozen=True)
class Sample:
    """One filled challenge: where its list is, the idea with the discussion, and its ballot."""

    slug: str
    ideas: int
    category_id: int
    first_id: int
    discussed_id: int
    ballot_id: int


def prepare(sizes: tuple[int, ...]) -> list[Sample]:
    """Fills an empty, migrated database; a challenge that is there already is used as it stands."""
    with unit_of_work():
        ensure_legal_texts(ADMINISTRATOR)
    if not _run("select count(*) from people").scalar_one():
        _run(FILL, guests=GUESTS, accounts=ACCOUNTS)
    return [_sample(size) for size in sizes]


def open_challenge(slug: str) -> ChallengeView:
    """A public challenge in the phase that takes proposals, supports and comments from guests."""
    now = datetime.now(UTC)
    written = challenges.ChallengeText(f"Banco {slug}", "Para medir.", categories=CATEGORIES)
    with unit_of_work():
        draft = challenges.create_challenge(SYSTEM, slug, written)
        period = Period(Phase.MAPPING, now - timedelta(days=1), now + timedelta(days=30))
        challenges.plan_phases(SYSTEM, draft, [period])
        challenges.publish_challenge(SYSTEM, queries.get_visible_challenge_by_id(SYSTEM, draft.id))
    return queries.get_visible_challenge(SYSTEM, slug)


def _sample(ideas: int) -> Sample:
    slug = f"banco-{ideas}"
    if queries.find_challenge_id(slug) is None:
        _fill(open_challenge(slug).id, ideas)
    challenge = queries.get_visible_challenge(SYSTEM, slug)
    row = _run(
        "select min(c.id) as first, max(k.target_id) as discussed, min(b.id) as ballot from contributions c "
        "join ballots b on b.challenge_id = c.challenge_id and b.purpose = 'ideas' "
        "left join comments k on k.id = c.id where c.challenge_id = :challenge",
        challenge=challenge.id,
    ).one()
    return Sample(slug, ideas, challenge.categories[0].id, row.first, row.discussed, row.ballot)


def _fill(challenge_id: int, ideas: int) -> None:
    supports = 10 if ideas <= SIZES[0] else 3
    people = {"guests": GUESTS, "accounts": ACCOUNTS}
    _run(IDEAS, challenge=challenge_id, ideas=ideas, words=WORDS, supports=supports, **people)
    first = _run("select min(id) from contributions where challenge_id = :challenge", challenge=challenge_id)
    _run(DISCUSSION, challenge=challenge_id, idea=first.scalar_one(), comments=COMMENTS)
    # As the server's own housekeeping leaves a table that has been there for a while.
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _run(statement: str, **values: object) -> Any:
    """The rows of a query, in a transaction of its own."""
    with db.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return result.freeze()() if result.returns_rows else result
