"""Starts PostgreSQL, Redis and the product's own processes on a machine that has only Python.

`python -m backend.devstack serve` keeps its data in `var/serve`; `… run -- COMMAND` runs one command on a private
stack that is removed afterwards. Both use the engines of production, and so the same SQL.
"""
