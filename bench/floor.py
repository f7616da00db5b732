"""The floor: what Flask, psycopg2 and Jinja cost when a program does nothing but draw rows into a page.

Same database, server and worker class as ours. The frame around its rows is the frame our own page has (cut out
of an answer of ours before the measurement), so that both send the same bytes; nothing is kept between requests.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import LifoQueue
from typing import Any

import psycopg2
from flask import Flask, current_app, redirect, render_template, request, session
from psycopg2.extras import NamedTupleCursor
from sqlalchemy.engine import make_url

from config import Settings

CONNECTIONS = 20
FRAMES = "frames.json"
CARD = """
select c.id, c.kind, c.title, left(i.body, 160) as excerpt, p.display_name as author, t.name as place,
  g.name as category, c.support, c.comment_count
from contributions c join ideas i on i.id = c.id join people p on p.id = c.author_id
left join territories t on t.code = c.territory_code left join categories g on g.id = c.category_id
where c.challenge_id = (select id from challenges where slug = %(slug)s) and c.state = 'published'
and c.kind <> 'comment'
"""
FOUND = """
and c.id in (select contribution_id from search_documents
  where document @@ websearch_to_tsquery('spanish', %(words)s)
  and challenge_id = (select id from challenges where slug = %(slug)s) limit 501)
"""
ORDERS = {
    "newest": "c.published_at desc, c.id desc",
    "support": "c.support desc, c.id desc",
    "discussion": "c.comment_count desc, c.id desc",
    "shuffled": "c.shuffle",
}
HALF_RING = 2**31
IDEA = """
select c.id, c.kind, c.title, i.body, p.display_name as author, t.name as place, g.name as category, c.support
from contributions c join ideas i on i.id = c.id join people p on p.id = c.author_id
left join territories t on t.code = c.territory_code left join categories g on g.id = c.category_id
where c.id = %(id)s
"""
COMMENTS = """
select k.id, k.body, p.display_name as author, c.support, c.created_at
from comments k join contributions c on c.id = k.id join people p on p.id = c.author_id
where k.target_id = %(id)s order by k.root_id, k.id limit 50
"""
INSERT = """
insert into casts (ballot_id, option_id, person_id, value, version, channel)
values (%(ballot)s, %(option)s, %(person)s, 1, 1, 'web') on conflict do nothing
"""
RAISE = "update contributions set support = support + 1 where id = %(option)s"


def create_floor(settings: Settings) -> Flask:
    app = Flask("bench")
    app.config.update(SECRET_KEY=settings.secret_key, SESSION_COOKIE_NAME="lab")
    app.config.update(DSN=_dsn(settings.database_url), FOLDER=settings.data_folder, POOL=_new_pool())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_url_rule("/healthz", view_func=healthy)
    app.add_url_rule("/challenges/<slug>/ideas", view_func=ideas)
    app.add_url_rule("/ideas/<int:idea_id>", view_func=idea)
    app.add_url_rule("/ideas/<int:idea_id>/support", view_func=support, methods=["POST"])
    return app


def healthy() -> str:
    return "ok"


def ideas(slug: str) -> str:
    query, order = CARD, request.args.get("sort", "newest")
    values: dict[str, Any] = {"slug": slug, "words": request.args.get("q"), "category": request.args.get("category")}
    if values["category"]:
        query += "and c.category_id = %(category)s"
    if values["words"]:
        query += FOUND
    if order == "shuffled":
        query += f"and c.shuffle >= {HALF_RING}"
    rows = _read(f"{query} order by {ORDERS[order]} limit 20", values)
    return render_template("list.html", frame=_frame("list"), cards=rows)


def idea(idea_id: int) -> str:
    [shown], comments = _read(IDEA, {"id": idea_id}), _read(COMMENTS, {"id": idea_id})
    return render_template("idea.html", frame=_frame("idea"), idea=shown, comments=comments)


def support(idea_id: int) -> Any:
    values = {"ballot": request.form["ballot"], "option": idea_id, "person": session["person"]}
    with _connection() as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute(INSERT, values)
        cursor.execute(RAISE, values)
        connection.commit()
    return redirect(request.form["next"], 303)


def _read(query: str, values: dict[str, Any]) -> list[Any]:
    with _connection() as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(query, values)
        rows: list[Any] = cursor.fetchall()
        return rows


@contextmanager
def _connection() -> Iterator[Any]:
    pool = current_app.config["POOL"]
    connection = pool.get() or psycopg2.connect(current_app.config["DSN"], cursor_factory=NamedTupleCursor)
    try:
        yield connection
    finally:
        pool.put(connection)


def _new_pool() -> LifoQueue[Any]:
    """Places for connections, each opened when it is first needed."""
    pool: LifoQueue[Any] = LifoQueue()
    for _ in range(CONNECTIONS):
        pool.put(None)
    return pool


def _dsn(url: str) -> str:
    parts = make_url(url).set(drivername="postgresql")
    return parts.render_as_string(hide_password=False)


def _frame(page: str) -> list[str]:
    """What our page has around its rows, for a visitor or for somebody signed in."""
    return _frames(current_app.config["FOLDER"])[f"{page}:{'signed in' if 'person' in session else 'anonymous'}"]


@cache
def _frames(folder: Path) -> dict[str, list[str]]:
    frames: dict[str, list[str]] = json.loads((folder / FRAMES).read_text())
    return frames
