"""PostgreSQL, Redis and the product's own processes, for a machine that has nothing but Python.

`python -m backend.devstack serve` keeps its data in `var/serve`; `… run -- COMMAND` runs one command on a
private stack that is thrown away afterwards. Both use the engines of production: there is no second dialect.
"""
