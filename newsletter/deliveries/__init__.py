"""The ledger: one row for each copy of an edition, and every statement that reads or writes those rows by plain SQL.

A copy is claimed under a lease and a fence number. One commit records what became of the previous copy and allows the
next: whatever process dies, at most one copy for each connection is in doubt. All times come from the database's clock.

* `insertion` adds the copies of an edition.
* `claims` hands them to workers, takes them back, and reaps those that a worker lost.
* `outcomes` allows a copy to be sent and records the result.
* `health` counts how many of an edition's latest copies failed, and `bounces` holds those that were refused for good.
* `resolution` settles copies in doubt.
* `withdrawal` ends copies that must not be sent.
* `totals` counts copies.

Only this package writes the table; tests/newsletter/deliveries/test_ownership.py holds that.
"""
