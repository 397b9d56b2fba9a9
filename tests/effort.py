"""How hard a random test tries, as a share of what the profile of the run asks for."""

from hypothesis import settings


def one_in(share: int) -> int:
    """As many examples as the profile asks for, over `share`: for tests whose examples are dear."""
    return max(2, settings().max_examples // share)
