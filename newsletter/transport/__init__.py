"""How a mail leaves: built as bytes by `letters`, signed by `dkim`, handed over by `smtp` or by one of the `providers`.

It knows nothing of readers, nor of what becomes of a copy; a failure is told by the phase in which it came.
"""
