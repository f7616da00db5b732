"""Steps of storing votes: the latest of a person on a statement counts, and tallies move by exactly that."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import text

from lab.contributions.models import Channel
from lab.core.db import db
from lab.imports import queries
from lab.imports.queries import StoredCast
from lab.imports.records import Outcome, Run, Vote
from lab.votes.methods import agreement

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
    columns = {
        "options": [option for option, _ in written],
        "people": [person for _, person in written],
        "values": [cast.value for cast in written.values()],
        "moments": [cast.cast_at for cast in written.values()],
    }
    db.session.execute(_WRITE, {"ballot": run.ballot_id, "channel": Channel.IMPORT} | columns)


def _move_tallies(run: Run, before: Mapping[Pair, StoredCast], written: Mapping[Pair, StoredCast]) -> None:
    moves: Counter[Pair] = Counter()
    for pair, cast in written.items():
        earlier = before[pair].value if pair in before else None
        for value, step in agreement.change(earlier, cast.value).items():
            moves[pair[0], value] += step
    columns = {
        "options": [option for option, _ in moves],
        "values": [value for _, value in moves],
        "steps": list(moves.values()),
    }
    for statement in (_OPEN_TALLIES, _RAISE_TALLIES):
        db.session.execute(statement, {"ballot": run.ballot_id} | columns)


# Arrays, not a statement per row: the driver sends an upsert of many rows one by one.
_WRITE = text("""
    insert into casts (ballot_id, option_id, person_id, value, version, channel, cast_at)
    select :ballot, option_id, person_id, value, 1, :channel, cast_at
    from unnest(
      cast(:options as bigint[]), cast(:people as bigint[]),
      cast(:values as smallint[]), cast(:moments as timestamptz[])
    ) as w (option_id, person_id, value, cast_at)
    on conflict (ballot_id, option_id, person_id) do update set value = excluded.value, cast_at = excluded.cast_at
""")
# Opened at zero and then moved: a tally that goes down may not pass through the check as a new negative row.
_OPEN_TALLIES = text("""
    insert into tallies (ballot_id, option_id, value)
    select :ballot, option_id, value
    from unnest(cast(:options as bigint[]), cast(:values as smallint[])) as m (option_id, value)
    on conflict do nothing
""")
_RAISE_TALLIES = text("""
    update tallies t set casts = t.casts + m.step
    from unnest(cast(:options as bigint[]), cast(:values as smallint[]), cast(:steps as int[]))
      as m (option_id, value, step)
    where t.ballot_id = :ballot and t.option_id = m.option_id and t.value = m.value
""")
