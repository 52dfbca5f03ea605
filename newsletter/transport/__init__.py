"""How a mail leaves: every mail that we send goes through a `mailer`.

`messages` writes a mail, once for all of its recipients; `dkim` signs it. A `mailer` hands it over by `smtp` or to one of
the `providers`, and `failures` says what a failure means. None of them knows readers or the ledger.
"""
