"""The one exception that reaches a person: a sentence that says what is wrong and what to do."""


class SloError(Exception):
    """Bad use or bad input, told in one sentence for the person who can mend it.

    The sentence names the file, the row or the field, what was expected and what to do.
    The command line prints it on stderr and exits with 2; a page shows it in place of its figures.
    """
