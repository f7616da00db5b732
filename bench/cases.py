"""What is measured: which page, of how many ideas, by whom, over how many connections."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, product

from flask import Flask

from bench import people
from bench.data import SEARCHED, Sample
from bench.people import Person

SORTS = ("newest", "support", "discussion", "shuffled")
CONNECTIONS = (1, 8, 64)
READERS = 50  # how many different people read a page signed in


@dataclass(frozen=True)
class Case:
    """One line of the table. `page` names the frame the floor draws around its rows; a support has none."""

    name: str
    ideas: int
    path: str
    page: str = ""
    signed_in: bool = False
    connections: int = 1

    @property
    def reads(self) -> bool:
        return bool(self.page)


def every(samples: list[Sample]) -> list[Case]:
    """All cases of a full run."""
    pages = [case for sample in samples for case in _lists(sample)]
    first = samples[0]
    pages.append(Case("idea with 50 comments", first.ideas, f"/ideas/{first.discussed_id}", "idea"))
    pages.append(Case("support", first.ideas, f"/challenges/{first.slug}/ideas"))
    return [
        replace(case, signed_in=signed_in, connections=connections)
        for case, signed_in, connections in product(pages, (False, True), CONNECTIONS)
    ]


def few(cases: list[Case]) -> list[Case]:
    """The cases of a quick look: the smaller challenge over eight connections."""
    smallest = min(case.ideas for case in cases)
    return [case for case in cases if case.ideas == smallest and case.connections == 8]


def _lists(sample: Sample) -> Iterator[Case]:
    path = f"/challenges/{sample.slug}/ideas"
    for sort in SORTS:
        yield Case(f"list {sort}", sample.ideas, f"{path}?sort={sort}", "list")
    yield Case("list category", sample.ideas, f"{path}?sort=newest&category={sample.category_id}", "list")
    yield Case("list search", sample.ideas, f"{path}?sort=newest&q={SEARCHED}", "list")


class Requests:
    """The requests of each case, for either program, without end.

    Every support comes from somebody who did not support that idea yet; a measurement's supports meet on one row.
    """

    def __init__(self, app: Flask, sample: Sample) -> None:
        self._token = people.form_token(app)
        self._crowds = {
            False: people.guests(app, people.SECRET_OF_FORMS),
            True: people.accounts(app, people.SECRET_OF_FORMS),
        }
        self._turns = {signed_in: cycle(crowd) for signed_in, crowd in self._crowds.items()}
        self._ballot = sample.ballot_id
        self._next_idea = sample.first_id

    def of(self, case: Case, floor: bool) -> Iterator[bytes]:
        return self._reads(case, floor) if case.reads else self._supports(case, floor)

    def _reads(self, case: Case, floor: bool) -> Iterator[bytes]:
        readers = self._crowds[True][:READERS] if case.signed_in else [people.nobody()]
        return cycle([people.reading(case.path, _cookie(reader, floor), reader.address) for reader in readers])

    def _supports(self, case: Case, floor: bool) -> Iterator[bytes]:
        while True:
            self._next_idea += 1
            path, crowd = f"/ideas/{self._next_idea}/support", self._turns[case.signed_in]
            fields = {"csrf_token": self._token, "value": 1, "next": case.path, "ballot": self._ballot}
            for _ in self._crowds[case.signed_in]:
                person = next(crowd)
                yield people.writing(path, _cookie(person, floor), person.address, **fields)


def _cookie(person: Person, floor: bool) -> str:
    return person.floor if floor else person.ours
