"""Static files, built once and served from memory: one stylesheet, the scripts, one sprite of icons.

Everything stands under one folder name made of the hash of all contents, so scripts can import one another by
relative address and every answer may be kept for ever. Bodies are compressed when the program starts.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
from flask import Blueprint, Response, current_app, request

from lab.core.errors import NotFound
from lab.core.i18n import lazy
from lab.core.web import policy

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
BUILT = STATIC / "built"
ICONS = ROOT / "node_modules" / "lucide-static" / "icons"
FOR_EVER = "public, max-age=31536000, immutable"
PLAIN_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Asset:
    mimetype: str
    bodies: dict[str, bytes]


def build() -> list[Path]:
    """Writes `static/built`: the stylesheets joined in the order of `order.txt` and the icons in `icons.txt`."""
    BUILT.mkdir(exist_ok=True)
    sheets = [STATIC / "css" / name for name in _lines(STATIC / "css" / "order.txt")]
    stylesheet = BUILT / "app.css"
    stylesheet.write_text("\n".join(_compact(sheet.read_text()) for sheet in sheets))
    sprite = BUILT / "icons.svg"
    sprite.write_text(_sprite(_lines(STATIC / "icons.txt")))
    return [stylesheet, sprite]


def init_app(app: Any) -> Blueprint:
    """Loads the built files and returns the blueprint that serves them under `/assets/<hash>/`."""
    files = {path.name: path for path in BUILT.glob("*.*")}
    files |= {f"js/{path.relative_to(STATIC / 'js')}": path for path in (STATIC / "js").rglob("*.js")}
    contents = {name: path.read_bytes() for name, path in sorted(files.items())}
    digest = hashlib.sha256(b"".join(name.encode() + body for name, body in contents.items())).hexdigest()[:12]
    app.extensions["lab.assets"] = digest, {name: _asset(name, body) for name, body in contents.items()}
    return bp


def asset(name: str) -> str:
    """The address of a static file; refuses (`KeyError`) a name that was not built."""
    digest, assets = current_app.extensions["lab.assets"]
    assets[name]
    return f"/assets/{digest}/{name}"


bp = Blueprint("assets", __name__)


@bp.get("/assets/<digest>/<path:name>")
@policy()
def serve(digest: str, name: str) -> Response:
    present, assets = current_app.extensions["lab.assets"]
    if name not in assets or digest != present:
        raise NotFound(lazy("Este archivo ya no existe. Recargue la página."))
    found: Asset = assets[name]
    encoding = request.accept_encodings.best_match(["br", "gzip"]) or ""
    response = Response(found.bodies[encoding], mimetype=found.mimetype)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


def _compact(css: str) -> str:
    lines = (line.strip() for line in PLAIN_COMMENT.sub("", css).splitlines())
    return "\n".join(line for line in lines if line)


def _sprite(names: list[str]) -> str:
    symbols = "".join(_symbol(name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


def _symbol(name: str) -> str:
    drawing = (ICONS / f"{name}.svg").read_text()
    inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    strokes = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {strokes}>{" ".join(inner.split())}</symbol>'


def _asset(name: str, body: bytes) -> Asset:
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    mimetype = "text/javascript" if name.endswith(".js") else mimetype
    return Asset(mimetype, {"": body, "br": brotli.compress(body), "gzip": gzip.compress(body, mtime=0)})
