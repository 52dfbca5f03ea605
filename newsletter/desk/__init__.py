"""The curators' pages for the mail; `newsletter.admin` registers them.

* `preview` shows an edition before it is sent; `test_sends` mails it to one address.
* `progress` counts how far an edition is, `progress_page` shows it and has it paused, resumed or cancelled.
* `growth` counts subscribers over time, `growth_page` shows them. `snapshots` caches numbers that take long to count.
"""
