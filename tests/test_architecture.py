"""The house keeps its shape: rooms, sizes, who may do what a single place does, and a schema that is the migrations'.

The order of imports is import-linter's (pyproject.toml, `make check`); what it cannot say stands here.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
LAB = ROOT / "lab"
# Rooms that every feature may have, and those that one feature needs for itself.
ROOMS = {
    "__init__",
    "models",
    "permissions",
    "signals",
    "operations",
    "queries",
    "forms",
    "presenters",
    "routes",
    "api",
}
ROOMS |= {"subscribers", "jobs", "mails", "cli"}
OWN_ROOMS = {
    "accounts": {"passwords"},
    "challenges": {"phases"},
    "comments": {"threads"},
    "ideas": {"listing", "parts"},
    "imports": {"polis", "statements", "casts", "records", "runs"},
    "votes": {"methods"},
}
PRIVATE_ROOMS = {"routes", "api", "forms", "jobs", "subscribers", "cli"}
MAY_PRESENT = {"pages"}
# Whatever is supported, the answer to a script is the ballot's own.
SHARED_PRESENTERS = {"votes"}
# `contributions` holds steps of higher features' operations, which have asked before.
STEPS_ONLY = {"contributions"}
# An operation that only hands on to one that asks.
DELEGATING = {"join_from_form", "set_support"}
DOORS = {"routes", "api", "forms", "presenters", "cli", "jobs"}
FILE_LIMIT, FUNCTION_LIMIT, MEDIAN_AIM = 400, 40, 8

MODULES = sorted([*LAB.rglob("*.py"), ROOT / "config.py", ROOT / "wsgi.py"])
FEATURES = sorted(folder for folder in LAB.iterdir() if (folder / "__init__.py").exists() and folder.name != "core")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def feature_modules() -> Iterator[tuple[str, str, Path]]:
    """(feature, room, file)"""
    for folder in FEATURES:
        yield from (
            (folder.name, path.relative_to(folder).parts[0].removesuffix(".py"), path) for path in folder.rglob("*.py")
        )


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules a file imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)} imports by a relative name"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def called(path: Path) -> set[str]:
    """Names of the functions and methods a file calls."""
    found = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return {getattr(each, "attr", getattr(each, "id", "")) for each in found}


def names_used(path: Path) -> set[str]:
    nodes = list(ast.walk(tree(path)))
    return {each.attr for each in nodes if isinstance(each, ast.Attribute)} | {
        name.rpartition(".")[2] for name in imports(path)
    }


def functions() -> Iterator[tuple[Path, Function]]:
    for path in MODULES:
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, Function))


def height(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def public_functions(path: Path) -> list[Function]:
    return [node for node in tree(path).body if isinstance(node, Function) and not node.name.startswith("_")]


def takes_actor(function: Function) -> bool:
    return bool(function.args.args) and function.args.args[0].arg == "actor"


def test_every_file_of_a_feature_is_a_known_room():
    known = {folder.name: ROOMS | OWN_ROOMS.get(folder.name, set()) for folder in FEATURES}
    assert [short(path) for feature, room, path in feature_modules() if room not in known[feature]] == []


def test_every_module_says_what_it_is_for():
    assert [short(path) for path in MODULES if not ast.get_docstring(tree(path))] == []


def test_the_application_names_every_feature():
    from lab.app import FEATURES as NAMED

    assert sorted(NAMED) == sorted(folder.name for folder in FEATURES)


def test_files_stay_short():
    assert [short(path) for path in MODULES if len(path.read_text().splitlines()) > FILE_LIMIT] == []


def test_functions_stay_short():
    assert [f"{short(path)}: {each.name}" for path, each in functions() if height(each) > FUNCTION_LIMIT] == []


def test_most_functions_are_a_few_lines():
    assert median(height(each) for _, each in functions()) <= MEDIAN_AIM


def test_only_the_unit_of_work_commits():
    assert {short(path) for path in MODULES if "commit" in called(path)} == {"lab/core/db.py"}


def test_only_config_reads_the_environment():
    readers = {short(path) for path in MODULES if {"environ", "getenv", "getenvb"} & names_used(path)}
    assert readers == {"config.py"}


def test_only_one_file_uses_the_sanitiser():
    users = {short(path) for path in MODULES if "bleach" in {name.split(".")[0] for name in imports(path)}}
    assert users == {"lab/core/text.py"}


def test_deeds_and_rules_know_nothing_of_the_request():
    inner = [path for _, room, path in feature_modules() if room not in DOORS]
    assert [
        short(path) for path in inner if {"flask", "werkzeug"} & {name.split(".")[0] for name in imports(path)}
    ] == []


def test_no_feature_enters_the_private_rooms_of_another():
    entered = []
    for feature, _, path in feature_modules():
        foreign = (name.split(".") for name in imports(path) if name.startswith("lab."))
        entered += [
            f"{short(path)} imports {'.'.join(name)}"
            for name in foreign
            if name[1] not in {feature, "core"} and is_private(name[1], name[2], feature)
        ]
    assert entered == []


def is_private(owner: str, room: str, reader: str) -> bool:
    if room == "presenters":
        return owner not in SHARED_PRESENTERS and reader not in MAY_PRESENT
    return room in PRIVATE_ROOMS


def test_every_operation_asks_for_permission():
    careless = []
    for feature, room, path in feature_modules():
        deeds = public_functions(path) if room == "operations" and feature not in STEPS_ONLY else []
        careless += [each.name for each in deeds if takes_actor(each) and "require(" not in ast.unparse(each)]
    assert set(careless) == DELEGATING


def test_every_operation_query_and_signal_says_what_it_promises():
    silent = []
    for _, room, path in feature_modules():
        deeds = public_functions(path) if room == "operations" else []
        kinds = (node for node in tree(path).body if room == "signals" and isinstance(node, ast.ClassDef))
        silent += [f"{short(path)}: {each.name}" for each in [*deeds, *kinds] if not ast.get_docstring(each)]
    assert silent == []


def test_no_template_turns_escaping_off_or_holds_scripts_and_styles():
    forbidden = re.compile(
        r"\|\s*safe\b|autoescape\s+false|<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", re.IGNORECASE
    )
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert [short(path) for path in templates if forbidden.search(path.read_text())] == []
