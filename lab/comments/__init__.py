"""Threads on any contribution.

Promises: any depth up to a limit is stored, three levels are drawn, the rest continues on a page of its own;
a withdrawn or hidden comment leaves a notice, so that answers keep their place.
"""
