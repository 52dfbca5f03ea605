"""
The weekly mail: who gets it, what is in it, and what became of each copy.

Rooms from the top down; each knows those below it, and not the one beside it:

* `desk`: what the curators' pages are made of, which `admin` puts up.
* `sending`: an edition's life, and the worker that sends its copies.
  Beside it `feedback`: what providers and mail servers tell of mails that went out.
* `readers`: sign-ups, consent, addresses, and what readers ask for by API and pages.
  Beside it `content`: what an edition tells, as a mail and in the archive.
* `transport`: how a mail leaves, over SMTP or through a provider; every mail goes through its `Mailer`.
  Beside it `deliveries`: the ledger of copies, with every statement on it. Sending writes it, feedback settles it, the desk
  shows it, and an erasure empties it.

All of them stand on `models`. `tasks` says what happens by the clock, `urls` where readers find us; `failpoints` are places
at which a test kills a process.
"""
