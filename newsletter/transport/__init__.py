"""How a mail leaves: built as bytes by `letters`, signed by `dkim`, handed over by `smtp` or one of the `providers`.

`post` does all of it for a mail that is no copy of an edition. None of them knows readers or the ledger.
"""
