"""Who gets the mail: how readers sign up, choose, leave and are forgotten, and what is kept of that.

* They ask through `views` (with `serializers`) and the `pages` behind the links in mails.
* `sign_ups` mails whoever asks, with `mails`; `consent` is all that readers may decide, and every suppression.
* `addresses` says which mailbox is which, `links` what a mail's links and their tokens stand for.
* `journal` carries suppressions across restores; `subscriber_import` brings in the `subscriber_file` of another tool.
"""
