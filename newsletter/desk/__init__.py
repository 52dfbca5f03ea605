"""What the curators' pages of the mail are made of; `newsletter.admin` puts them on the desk.

* `preview` shows an edition before anybody gets it; `test_sends` mails it to one address.
* `progress` counts how far an edition is, `progress_page` shows it and has it paused, resumed or cancelled.
* `growth` counts subscribers over time, `growth_page` shows them. `snapshots` keeps numbers that take a while to count.
"""
