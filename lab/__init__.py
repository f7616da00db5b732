"""Lab Abierto: co-creation along the cycle exploration, mapping, experimentation, adoption.

Packages are layers, low to high; `docs/map.md` has one line for each and `make check` enforces the order.
"""
