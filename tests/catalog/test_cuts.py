"""The rollup's cuts against those worked out by hand from objectives, alerts and triggers."""

from pathlib import Path

import pytest

from slo_core.catalog import Catalog, Cut, load_catalog, parse_catalog
from slo_core.errors import SloError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def studio() -> Catalog:
    return load_catalog(ROOT / "data" / "studio.yaml")


@pytest.fixture(scope="module")
def shop() -> Catalog:
    return load_catalog(ROOT / "tests" / "shop.yaml")


def written(cuts: tuple[Cut, ...]) -> str:
    return " ".join(f"{'<=' if cut.inclusive else '<'}{cut.value:g}" for cut in cuts)


@pytest.mark.parametrize(
    ("journey", "expected"),
    [
        # P50 < 15 s; p50 > 20s; P95 < 30 s and 2x; P99 < 45 s and 3x
        ("song_generation", "<15000 <=20000 <30000 <45000 <=60000 <=135000"),
        # 2x the P95 of 5 s is the P99's 10 s, but the other side of it
        ("project_loading", "<2000 <5000 <10000 <=10000 <=30000"),
        ("audio_playback", ""),
        ("collaboration", ""),
        ("audio_export", "<5000 <15000 <=30000"),
        ("publishing", "<120000 <300000 <=600000"),
        # the triggers compare with 0.5x and 1.5x, the alert with 2x
        ("api", "<200 <500 <1000 <=1500 <=2000"),
        ("web", ""),
    ],
)
def test_studios_request_durations(studio: Catalog, journey: str, expected: str) -> None:
    assert written(studio.cuts(journey)) == expected


@pytest.mark.parametrize(
    ("journey", "metric", "expected"),
    [
        ("audio_playback", "buffering_ms", "<500 <=2000"),
        ("audio_playback", "seek_ms", "<200"),
        ("audio_playback", "playtime_ms", ""),
        ("collaboration", "sync_ms", "<200 <500 <=1000"),
        ("audio_export", "download_mbps", "<=5"),
        ("web", "fcp_ms", "<1500"),
        ("web", "lcp_ms", "<2500"),
        ("web", "fid_ms", "<100"),
        ("web", "cls", "<0.1"),
    ],
)
def test_studios_measurements(studio: Catalog, journey: str, metric: str, expected: str) -> None:
    assert written(studio.measurement_cuts(journey, metric)) == expected


@pytest.mark.parametrize(
    ("journey", "metric", "expected"),
    [
        # the trigger's plain 200 ms is about every journey with durations; 1.5 x 800
        ("browse", None, "<200 <800 <=1200"),
        ("browse", "pictures_per_second", "<6 <=12"),
        ("search", None, "<200 <1200 <=1500"),
        ("search", "suggest_ms", "<60 <=240"),
        ("checkout", None, ""),
    ],
)
def test_the_shops(shop: Catalog, journey: str, metric: str | None, expected: str) -> None:
    cuts = shop.measurement_cuts(journey, metric) if metric else shop.cuts(journey)
    assert written(cuts) == expected


def test_a_multiple_is_exact_in_decimals() -> None:
    text = (ROOT / "data" / "studio.yaml").read_text()
    text = text.replace("below: 1000, unit", "below: 1.1, unit").replace("1.5x SLO", "3x SLO")
    cuts = parse_catalog(text, name="studio.yaml").cuts("api")
    assert Cut(3.3, inclusive=True) in cuts
    assert 3 * 1.1 != 3.3  # floats alone would not do


def test_twelve_cuts_are_enough_and_thirteen_are_refused() -> None:
    text = (ROOT / "tests" / "shop.yaml").read_text()
    line = "  - {{id: more_{0}, direction: up, condition: p90 > {0} ms for 2 hours}}\n"
    more = [line.format(value) for value in range(5000, 5010)]
    twelve = text.replace("triggers:\n", "triggers:\n" + "".join(more[:9]))
    assert len(parse_catalog(twelve, name="shop.yaml").cuts("browse")) == 12
    thirteen = text.replace("triggers:\n", "triggers:\n" + "".join(more))
    with pytest.raises(SloError) as caught:
        parse_catalog(thirteen, name="shop.yaml")
    assert str(caught.value) == (
        "shop.yaml, line 14, browse: expected at most 12 different thresholds on its request "
        "durations, in objectives, alerts and triggers together, found 13"
    )
