"""Feedback on mails that were sent: from providers' webhooks, from mails that come back, and from a mail server's log.

`hooks` takes a provider's calls, and `sns` verifies the signature of Amazon's; `provider_events` applies an event by the
`provider_rules`. `bounce_mailbox` fetches mails that came back, `returned_mail` reads one, and `bounce_mails` makes an
event of it. `mail_log` reads which uncertain copies a mail server accepted.
"""
