"""Where the page of a contribution is, by its kind: lower features link to things whose feature they do not know."""

_patterns: dict[str, str] = {}


def register(kind: str, pattern: str) -> None:
    """Tells the address of a kind; `{id}` stands for the contribution's id."""
    _patterns[kind] = pattern


def address_of(kind: str, contribution_id: int) -> str:
    return _patterns[kind].format(id=contribution_id)
