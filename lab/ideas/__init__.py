"""Findings, needs and proposals: what people bring to a challenge.

Promises: a draft is seen by its author only; publishing, editing and withdrawing keep every version; each kind
is open in the phases that ask for it.
"""
