"""The files of an export."""

from pathlib import Path
from typing import Any

import yaml

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.prometheus.alerting import alerting_groups, left_out
from slo_core.prometheus.recording import recording_groups
from slo_core.prometheus.unit_tests import unit_tests

RECORDING, ALERTING, TESTS = "slo_recording.yml", "slo_alerts.yml", "slo_tests.yml"


def write_rules(catalog: Catalog, folder: str | Path) -> list[Path]:
    """Write recording rules, alerting rules and their unit tests; answers the three files.

    Raises SloError with one sentence where the folder cannot be written.
    """
    contents: dict[str, dict[str, Any]] = {
        RECORDING: {"groups": recording_groups(catalog)},
        ALERTING: {"groups": alerting_groups(catalog)},
        TESTS: unit_tests(catalog, [RECORDING, ALERTING]),
    }
    written = []
    for name, content in contents.items():
        path = Path(folder) / name
        heading = (
            f"# {catalog.name}, version {catalog.version}: made by "
            "`python -m slo_core export prometheus-rules`; change the catalogue instead.\n"
        )
        if name == ALERTING:
            heading += "".join(f"# {sentence}\n" for sentence in left_out(catalog))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(heading + _text(content), encoding="utf-8")
        except OSError as error:
            raise SloError(
                f"{path} cannot be written ({error.strerror}): name another folder with --out."
            ) from None
        written.append(path)
    return written


class _Dumper(yaml.SafeDumper):
    """YAML without anchors: other readers of rule files are plain."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(content: dict[str, Any]) -> str:
    text: str = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, width=1_000_000, allow_unicode=True
    )
    return text
