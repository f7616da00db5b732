"""Parts of addresses that cannot name anything end as 404 here, before the database has to refuse them."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

LARGEST_ID = 2**63 - 1


class Identity(IntegerConverter):
    """A number that fits the database's bigint."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST_ID} | options)


class Word(UnicodeConverter):
    """A text on one line: PostgreSQL stores no NUL, and no address of ours holds a control character."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:
        super().__init__(map, *args, **options)
        self.regex = self.regex.replace("[^/]", "[^/\\x00-\\x1f]")


def init_app(app: Flask) -> None:
    """Makes `<int:…>` and plain `<…>` refuse what no row can hold."""
    app.url_map.converters.update(int=Identity, default=Word, string=Word)
