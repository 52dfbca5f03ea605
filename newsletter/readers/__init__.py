"""Readers of the mail: how they sign up, choose, leave and are erased, and which records stay.

* Readers use the endpoints in `views` (with `serializers`) and the `pages` behind the links in mails.
* `sign_ups` answers a sign-up with one of `mails`; `consent` holds the readers' decisions and every suppression.
* `addresses` normalizes mail addresses, `links` makes and verifies the links of a mail and their tokens.
* `journal` carries suppressions across restores; `subscriber_import` imports the `subscriber_file` of another tool.
"""
