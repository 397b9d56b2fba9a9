"""The overview's chain of journeys as a script: worked out by hand, and without data."""

from datetime import datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.random_logs import write_tables

AT = datetime(2025, 3, 31)


def words(app: AppTest) -> str:
    app.run()
    assert not app.exception
    assert not app.error
    blocks = [*app.markdown, *app.caption, *app.info]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(block.value) for block in blocks] + html)


def requests(journey: str, failed: int, step: str | None = None) -> list[dict[str, object]]:
    """A hundred requests of a journey, some of which failed."""
    return [
        {
            "ts": AT - timedelta(hours=1, seconds=n),
            "journey": journey,
            "step": step,
            "status": 500 if n < failed else 200,
        }
        for n in range(100)
    ]


def test_how_many_get_all_the_way(app: AppTest, tmp_path: Path) -> None:
    # 0.9 x 0.8 x 1 x 0.5 = 0.36. Lost are 10, then 18 of 90, none, then 36 of 72: 36 of 64 lost in
    # all is 56 %.
    rows = [
        *requests("song_generation", 10),
        *requests("audio_playback", 20),
        *requests("audio_export", 0),
        *requests("publishing", 50, "publish"),
    ]
    write_tables(tmp_path, {"requests": rows})
    told = words(app)
    assert "**36.0 of 100** who try every step get all the way" in told
    assert "Most are lost in Publish: 36.00 of 100, 56 % of all that is lost." in told
    assert "18.00" in told


def test_a_step_without_data_is_no_product(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": requests("song_generation", 10)})
    told = words(app)
    assert "nothing was counted of Playback, Export, Publish" in told
    assert "get all the way, assuming" not in told
