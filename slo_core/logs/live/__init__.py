"""A live demo: the sample's story goes on in real time, sent over HTTP, and can be broken.

story = Story(catalog, scale=0.5, seed=1)
events = broken(story.between(start, end), read_breaks(folder, now), Random())
"""

from slo_core.logs.live.breaks import Break, add_break, broken, mend, read_breaks
from slo_core.logs.live.story import Story

__all__ = ["Break", "Story", "add_break", "broken", "mend", "read_breaks"]
