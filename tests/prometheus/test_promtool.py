"""Without promtool the tests of Prometheus rules fail, and say how to get it; none is skipped."""

from pathlib import Path

import pytest

from tests import promtool
from tests.prometheus import test_rules

INSTALL = "'apt-get install prometheus'"


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without promtool, and without apt-get to fetch one: nothing is on its PATH."""
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(promtool, "OWN", tmp_path / "promtool")
    return tmp_path


def test_where_it_is_missing_a_test_that_needs_it_fails_with_how_to_install_it(
    nowhere: Path,
) -> None:
    assert promtool.find_promtool() is None
    with pytest.raises(promtool.NoPromtoolError) as failure:
        test_rules.promtool("--version")
    assert INSTALL in str(failure.value)


def test_where_it_does_not_start_it_is_missing_too(nowhere: Path) -> None:
    broken = nowhere / "promtool"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(promtool.NoPromtoolError, match=INSTALL):
        promtool.need_promtool()


def test_one_that_is_wished_for_and_does_not_start_is_not_passed_over(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMTOOL", str(nowhere / "none"))
    with pytest.raises(promtool.NoPromtoolError, match="which does not start"):
        promtool.need_promtool()
