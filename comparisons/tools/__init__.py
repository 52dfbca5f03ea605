"""Tools with what panel and crowd say of them: the list with its filters, a tool's page, the curators' page."""
