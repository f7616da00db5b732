"""A whole run: an archive read from its beginning to its end and stored batch by batch.

Whoever starts one (the command) says where its progress is shown. Each batch is a unit of work of its own, so
that an import which was interrupted goes on where it stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lab.challenges.models import PROBLEM_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH
from lab.challenges.operations import ChallengeText, create_challenge
from lab.challenges.queries import find_challenge_id, get_visible_challenge_by_id
from lab.core.actors import SYSTEM
from lab.core.db import unit_of_work
from lab.core.text import excerpt
from lab.imports import operations
from lab.imports.polis import Archive, Conversation, Problem
from lab.imports.records import Origin, Outcome, Run

STATEMENTS_A_BATCH = 100
VOTES_A_BATCH = 1000
PROBLEMS_KEPT = 100
KINDS = ("challenges", "people", "statements", "casts", "replaced")

Store = Callable[[str, Sequence[Any], int], Outcome]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Order:
    """What is to be brought in, and where to."""

    archive: Archive
    slug: str
    language: str
    licence: str

    @property
    def origin(self) -> Origin:
        return Origin("polis", self.archive.conversation.instance, self.licence)


@dataclass
class Report:
    """What was read, stored and skipped; the first problems in full, the others by their number."""

    read: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def usable(self, kind: str, records: Sequence[Any]) -> list[Any]:
        """Counts the records of a batch and sets the problems among them aside."""
        self.read[kind] += len(records)
        problems = [record for record in records if isinstance(record, Problem)]
        self.skipped.update(problem.reason for problem in problems)
        self.problems += problems[: PROBLEMS_KEPT - len(self.problems)]
        return [record for record in records if not isinstance(record, Problem)]

    def add(self, outcome: Outcome) -> None:
        self.stored.update(outcome.stored)
        self.skipped.update(outcome.skipped)

    def figures(self) -> dict[str, dict[str, int]]:
        """The three counts, of the reasons only those that occurred."""
        skipped = {reason: number for reason, number in self.skipped.items() if number}
        return {"read": dict(self.read), "stored": dict(self.stored), "skipped": skipped}


def bring(order: Order, report: Report, show: Progress) -> None:
    """Stores an archive; refuses with `Conflict` while another process brings the same one."""
    with operations.claim(order.origin, order.slug):
        run = _start(order, report)
        stores: dict[str, Callable[..., Outcome]] = {
            "statements": operations.store_statements,
            "votes": operations.store_votes,
        }

        def store(kind: str, records: Sequence[Any], number: int) -> Outcome:
            with unit_of_work():
                return stores[kind](SYSTEM, run, records, number)

        _read_through(order.archive, report, store, show)
        with unit_of_work():
            operations.finish_import(SYSTEM, run)


def rehearse(archive: Archive, report: Report, show: Progress) -> None:
    """Reads an archive as `bring` does and stores nothing."""
    _read_through(archive, report, lambda _kind, _records, _number: Outcome(), show)


def challenge_text(conversation: Conversation, language: str) -> ChallengeText:
    """The draft's words: the topic as title, the description as problem and, shortened, as summary."""
    return ChallengeText(
        title=excerpt(conversation.topic, TITLE_LENGTH - 1),
        summary=excerpt(conversation.description or conversation.topic, SUMMARY_LENGTH - 1),
        problem=conversation.description[:PROBLEM_LENGTH],
        language=language,
    )


def _read_through(archive: Archive, report: Report, store: Store, show: Progress) -> None:
    """Hands both files to `store` batch by batch. A batch's number is its place in the file, whatever it holds."""
    files = {
        "statements": (archive.statements(), STATEMENTS_A_BATCH),
        "votes": (archive.votes(), VOTES_A_BATCH),
    }
    for kind, (records, size) in files.items():
        for number, batch in enumerate(_batches(records, size)):
            report.add(store(kind, report.usable(kind, batch), number))
            show(archive.position)


def _batches(records: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(records, size)):
        yield batch


def _start(order: Order, report: Report) -> Run:
    with unit_of_work():
        known = find_challenge_id(order.slug)
        if known is None:
            challenge = create_challenge(SYSTEM, order.slug, challenge_text(order.archive.conversation, order.language))
        else:
            challenge = get_visible_challenge_by_id(SYSTEM, known)
        run = operations.start_import(SYSTEM, order.origin, challenge, known is None, order.language)
    report.stored["challenges"] += known is None
    return run
