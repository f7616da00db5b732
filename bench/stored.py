"""What the database holds, compared with what guests were told."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text

from bench.guests import Ledger, Write
from lab.core.db import db
from lab.votes.queries import list_miscounted

SUPPORTS = """
select p.display_name, k.option_id, '' from casts k join people p on p.id = k.person_id
"""
COMMENTS = """
select p.display_name, k.target_id, k.body, k.id from comments k join contributions c on c.id = k.id
join people p on p.id = c.author_id
"""
DOUBLED_PEOPLE = """
select display_name from people where guest_key is not null group by display_name having count(*) > 1
"""
MISCOUNTED_COMMENTS = """
select c.id from contributions c left join comments k on k.target_id = c.id
where c.kind <> 'comment' group by c.id having c.comment_count <> count(k.id)
union all
select h.id from challenges h where h.comment_count <>
  (select count(*) from contributions where challenge_id = h.id and kind = 'comment' and state = 'published')
"""


@dataclass(frozen=True)
class Findings:
    """How many writes were acknowledged and are not there, are there more than once, or were never sent; of how
    many comments another id was told; how many people are there twice; how many counters differ from a recount."""

    lost: int
    doubled: int
    unasked: int
    mistold: int
    doubled_people: int
    miscounted: int

    @property
    def clean(self) -> bool:
        return not any(vars(self).values())

    def __str__(self) -> str:
        return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in vars(self).items())


def examine(ledger: Ledger) -> Findings:
    """Reads everything that is stored and counts it again."""
    supports = [Write(*row) for row in db.session.execute(text(SUPPORTS))]
    comments = [(Write(*row[:3]), row.id) for row in db.session.execute(text(COMMENTS))]
    ids = dict(comments)
    stored = Counter([*supports, *(write for write, _ in comments)])
    told = {write: told for write, told in ledger.acknowledged.items() if write.words}
    return Findings(
        lost=sum(write not in stored for write in ledger.acknowledged),
        doubled=sum(times - 1 for times in stored.values()),
        unasked=sum(write not in ledger.sent for write in stored),
        mistold=sum(ids.get(write, number) != number for write, number in told.items()),
        doubled_people=_count(DOUBLED_PEOPLE),
        miscounted=len(list_miscounted()) + _count(MISCOUNTED_COMMENTS),
    )


def _count(query: str) -> int:
    return len(db.session.execute(text(query)).all())
