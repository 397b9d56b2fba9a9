"""What pages are made of, loaded for good before the first of them is asked for."""

import gc
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules


def warm_up() -> None:
    """Load the parts of all pages, and set them aside from what garbage is looked for in.

    Streamlit collects all garbage after each run of a script, and sends nothing meanwhile: the last
    that a page shows would wait until all that was ever loaded has been looked through again.
    """
    for part in iter_modules([str(Path(__file__).parent)]):
        import_module(f"pages.parts.{part.name}")
    gc.collect()
    gc.freeze()
