"""Methods of counting: small pure modules with the same three functions.

`is_valid(value)` says whether a cast may have this value; `change(before, after)` says by how much each value's
tally moves when a cast goes from `before` to `after` (None: no cast); `result(tallies)` is what is shown.
"""

from lab.votes.methods import agreement, support
from lab.votes.models import Method

METHODS = {Method.SUPPORT: support, Method.AGREEMENT: agreement}
