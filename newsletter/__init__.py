"""The weekly mail: its readers, its content, and the delivery of each copy.

Rooms from the top down; each imports those below it, and not the one beside it:

* `desk`: the curators' pages, which `admin` registers.
* `sending`: the states of an edition, and the worker that sends its copies.
  Beside it `feedback`: reports of providers and mail servers on mails that were sent.
* `readers`: sign-ups, consent, addresses, and the readers' endpoints and pages.
  Beside it `content`: an edition as items, as a mail and in the archive.
* `transport`: how a mail leaves, over SMTP or through a provider; every mail goes through its `Mailer`.
  Beside it `deliveries`: the ledger of copies, with every statement on it. Sending writes it, feedback settles it, the desk
  shows it, and an erasure empties it.

All of them stand on `models`. `tasks` says what happens by the clock, `urls` where readers find us; `failpoints` are places
at which a test kills a process.
"""
