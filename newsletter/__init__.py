"""
The weekly mail: who gets it, what is in it, and what became of each copy.

Rooms from the top down; each knows those below it, and not the one beside it:

* `desk`: what the curators' pages are made of, which `admin` puts up.
* `sending`: an edition's life, and the worker that sends its copies.
  Beside it `feedback`: what providers and mail servers tell of mails that went out.
* `readers`: sign-ups, consent, addresses, and what readers ask for by API and pages.
  Beside it `content`: what an edition tells, as a mail and in the archive.
* `transport`: how one mail leaves, over SMTP or through a provider.

All of them stand on `models` and `deliveries`, the ledger of copies: sending writes it, feedback settles it, the desk shows
it, and whoever is erased is forgotten in it. `tasks` says what happens by the clock, `urls` where readers find us.
"""
