"""The catalogues of translations: extracted from code and templates, compared, compiled.

Spanish needs no catalogue: its sentences are the message ids. A catalogue is complete when every message has a
translation; `check` says what is missing or stale, so that a forgotten string stops a change, not a reader.
"""

from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lab.core.i18n import FOLDER, locale_for_formatting

ROOT = FOLDER.parent
METHODS = [("lab/**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2)}
# Languages whose catalogue must be complete; the others fall back to Spanish, string by string.
COMPLETE = ("en",)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a catalogue, for the operator's screen."""

    language: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.language}: {self.kind}: {self.message[:90]}"


def update() -> list[Path]:
    """Brings every catalogue's messages up to the code; what is gone leaves, what is new waits untranslated."""
    template = extracted()
    return [_written(path, _updated(path, template)) for path in _catalogues()]


def check() -> list[Finding]:
    """Compares the catalogues with the code: empty when they are fresh and the complete ones complete."""
    wanted = {_key(message) for message in extracted() if message.id}
    return [finding for path in _catalogues() for finding in _compare(path, wanted)]


def compile_all() -> list[Path]:
    """Writes the binary form that the program reads."""
    compiled = []
    for path in _catalogues():
        target = path.with_suffix(".mo")
        with target.open("wb") as file:
            write_mo(file, _read(path))
        compiled.append(target)
    return compiled


def extracted() -> Catalog:
    """Every message of the program, in the order of the files."""
    catalog = Catalog(project="Lab Abierto", charset="utf-8", fuzzy=False)
    for found in extract_from_dir(ROOT, METHODS, keywords=KEYWORDS, directory_filter=_is_ours):
        filename, line, message, comments, context = found
        catalog.add(message, None, [(filename, line)], auto_comments=comments, context=context)
    return catalog


def _is_ours(folder: str) -> bool:
    """Only `lab` and `templates` hold messages; the rest (environments, built files) would take seconds to walk."""
    parts = Path(folder).relative_to(ROOT).parts
    return not parts or (parts[0] in {"lab", "templates"} and "__pycache__" not in parts)


def _catalogues() -> list[Path]:
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale_for_formatting(path.parts[-3]))


def _updated(path: Path, template: Catalog) -> Catalog:
    catalog = _read(path)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def _written(path: Path, catalog: Catalog) -> Path:
    with path.open("wb") as file:
        write_po(file, catalog, width=110, sort_output=True, omit_header=False, no_location=True)
    return path


def _compare(path: Path, wanted: set[str]) -> list[Finding]:
    language = path.parts[-3]
    present = {_key(message): message for message in _read(path) if message.id}
    findings = [Finding(language, "not in the catalogue", key) for key in sorted(wanted - present.keys())]
    findings += [Finding(language, "no longer used", key) for key in sorted(present.keys() - wanted)]
    if language in COMPLETE:
        empty = [key for key, message in present.items() if not _is_translated(message)]
        findings += [Finding(language, "not translated", key) for key in sorted(empty)]
    return findings


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(strings) and not message.fuzzy
