"""Steps of storing votes: the latest of a person on a statement counts, and tallies move by exactly that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert

from lab.contributions.models import Channel
from lab.core.db import db
from lab.imports import queries
from lab.imports.queries import StoredCast
from lab.imports.records import Outcome, Run, Vote
from lab.votes.methods import agreement
from lab.votes.models import Cast, Tally

# Votes at one instant are told apart by their batch, in the microseconds that no source uses.
LAST_BATCH = 999
Pair = tuple[int, int]


def store_casts(run: Run, votes: Sequence[tuple[Pair, Vote]], number: int, outcome: Outcome) -> None:
    """Writes what is new or later than what stands, and moves the tallies by exactly that.

    `number` is the batch's place in the log: of two votes at one instant the later in the log counts.
    """
    wanted = _latest(votes, number)
    outcome.skipped["earlier_vote"] += len(votes) - len(wanted)
    before = queries.find_casts(run.ballot_id, list(wanted))
    written: dict[Pair, StoredCast] = {}
    for pair, cast in wanted.items():
        stands = before.get(pair)
        if stands is None or cast.cast_at > stands.cast_at:
            written[pair] = cast
        _count_vote(run, stands, cast, outcome)
    if written:
        _write_casts(run, written)
        _move_tallies(run, before, written)


def _latest(votes: Sequence[tuple[Pair, Vote]], number: int) -> dict[Pair, StoredCast]:
    offset = timedelta(microseconds=min(number, LAST_BATCH))
    by_time = sorted(votes, key=lambda each: each[1].cast_at)
    return {pair: StoredCast(vote.value, vote.cast_at + offset) for pair, vote in by_time}


def _count_vote(run: Run, stands: StoredCast | None, cast: StoredCast, outcome: Outcome) -> None:
    """A vote that is replaced within one run was an earlier vote; one of an earlier run really changes."""
    if stands is None:
        outcome.stored["casts"] += 1
    elif cast.cast_at == stands.cast_at:
        outcome.skipped["already_stored"] += 1
    elif run.fresh or cast.cast_at < stands.cast_at or cast.value == stands.value:
        outcome.skipped["earlier_vote"] += 1
    else:
        outcome.stored["replaced"] += 1


def _write_casts(run: Run, written: Mapping[Pair, StoredCast]) -> None:
    rows = [
        {
            "ballot_id": run.ballot_id,
            "option_id": option,
            "person_id": person,
            "value": cast.value,
            "version": 1,
            "channel": Channel.IMPORT,
            "cast_at": cast.cast_at,
        }
        for (option, person), cast in written.items()
    ]
    statement = upsert(Cast)
    replacing = {"value": statement.excluded.value, "cast_at": statement.excluded.cast_at}
    key = [Cast.ballot_id, Cast.option_id, Cast.person_id]
    db.session.execute(statement.on_conflict_do_update(index_elements=key, set_=replacing), rows)


def _move_tallies(run: Run, before: Mapping[Pair, StoredCast], written: Mapping[Pair, StoredCast]) -> None:
    moves: Counter[Pair] = Counter()
    for pair, cast in written.items():
        earlier = before[pair].value if pair in before else None
        for value, step in agreement.change(earlier, cast.value).items():
            moves[pair[0], value] += step
    rows = [{"ballot_id": run.ballot_id, "option_id": option, "value": value} for option, value in moves]
    if rows:
        db.session.execute(upsert(Tally).on_conflict_do_nothing(), rows)
        db.session.execute(_RAISE, _columns(run, moves))


_RAISE = text("""
    update tallies t set casts = t.casts + m.step
    from unnest(cast(:options as bigint[]), cast(:values as smallint[]), cast(:steps as int[]))
      as m (option, value, step)
    where t.ballot_id = :ballot and t.option_id = m.option and t.value = m.value
""")


def _columns(run: Run, moves: Counter[Pair]) -> dict[str, Any]:
    return {
        "ballot": run.ballot_id,
        "options": [option for option, _ in moves],
        "values": [value for _, value in moves],
        "steps": list(moves.values()),
    }
