"""Why an action of staff did not happen, in words for the page they took it on."""


class CurationError(Exception):
    """An action that does not fit the row as it stands; the message is shown to staff as it is."""
