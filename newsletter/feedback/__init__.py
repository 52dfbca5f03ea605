"""Feedback on mails that were sent: from providers' webhooks and from a mail server's log.

`hooks` takes a provider's calls, and `sns` verifies the signature of Amazon's; `provider_events` applies an event by the
`provider_rules`. `mail_log` reads which uncertain copies a mail server accepted.
"""
