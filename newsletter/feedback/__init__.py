"""What comes back of mails that went out: from providers' webhooks and from a mail server's log.

`hooks` is the address that a provider calls, whose signature `sns` verifies if it is Amazon; `provider_events` does what
an event says, by the `provider_rules`. `mail_log` reads which uncertain copies a mail server accepted.
"""
