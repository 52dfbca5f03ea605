"""
The weekly mail: who gets it, what is in it, and what became of each copy.

* Readers: `sign_ups`, `consent`, `addresses`, `tokens`, `links`; their `views` and `pages`. `journal` and
  `subscriber_import` carry them across restores and from other tools.
* Content: `items` found by `content`, made a mail by `rendering`, kept by `archive`.
* Sending: an edition's life in `editions` by its `schedule`; the ledger in `deliveries`; `sending` over `smtp` or
  `providers`, with `letters`, `dkim`, `rates`; what failures mean in `faults`.
* What comes back: `hooks` and `provider_events` from providers, `mail_log` from a mail server.
* The desk: `admin`, with `preview` and `trials`, `following` and `progress`, `growing` and `growth`.

`tasks` says what happens by the clock.
"""
