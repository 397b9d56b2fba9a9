"""The what-if page as a script: scenarios of the address, and each empty or wrong one in words."""

from datetime import datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from slo_core.logs.store import open_store
from slo_core.register import Actor, write
from slo_core.rollup import refresh
from slo_core.whatif import Scenario, what_if
from tests.random_logs import write_tables
from tests.small import STUDIO

AT = datetime(2025, 3, 31)
HOUR = timedelta(hours=1)


def on_page(app: AppTest, **address: str) -> str:
    """Run the page and return its words, those in tables of ours too."""
    app.run()
    app.switch_page("what_if.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    blocks = [*app.markdown, *app.caption, *app.info, *app.error]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(block.value) for block in blocks] + html)


def songs(folder: Path, failed: int) -> None:
    """A thousand songs an hour for ten days, some of which failed in the last hour but one."""
    rows = [
        {
            "ts": AT - hour * HOUR + timedelta(seconds=3 * n),
            "journey": "song_generation",
            "status": 500 if hour == 2 and n < failed else 200,
        }
        for hour in range(1, 241)
        for n in range(100)
    ]
    write_tables(folder, {"requests": rows})


def test_an_unchanged_world_is_the_real_one(app: AppTest, tmp_path: Path) -> None:
    # 24,000 songs allow 120 failures, of which 30 happened: 75 % are left, in both worlds.
    songs(tmp_path, 30)
    words = on_page(app)
    assert not app.error
    assert "Nothing changes" in words
    assert words.count("90 of 120 failures left") == 2


def test_a_scenario_of_the_address_says_what_the_core_says(app: AppTest, tmp_path: Path) -> None:
    # Without a half of its failures: 15 of 120, and 87.5 % are left.
    songs(tmp_path, 30)
    text = "failure-rate:song_generation=x0.5@2025-03-01"
    words = on_page(app, a=text)
    assert not app.error
    assert "105 of 120 failures left" in words
    rollup = refresh(open_store(tmp_path), STUDIO)
    for sentence in what_if(rollup, AT, Scenario.parse(text, STUDIO)).difference:
        assert sentence.split(":")[0] in words


def test_an_example_is_written_into_the_address(app: AppTest, tmp_path: Path) -> None:
    songs(tmp_path, 30)
    on_page(app)
    app.button(key="example_0").click().run()
    assert not app.error
    assert app.query_params["a"] in ("traffic:2", ["traffic:2"])


def test_what_is_no_scenario_is_one_sentence(app: AppTest, tmp_path: Path) -> None:
    songs(tmp_path, 0)
    on_page(app, a="colour:blue")
    assert len(app.error) == 1
    assert "colour" in app.error[0].value


def test_without_logs_the_page_says_what_to_do(app: AppTest) -> None:
    app.run()
    app.switch_page("what_if.py").run()
    assert not app.exception


def test_both_figures_stand_where_a_correction_touches_them(app: AppTest, tmp_path: Path) -> None:
    # 24,000 songs allow 120 failures, 30 happened in an hour; without it 23,900 allow 119.5.
    songs(tmp_path, 30)
    words = {"scope": "song_generation", "reason": "load test", "approver": "Grace"}
    span = {"starts_at": AT - 2 * HOUR, "ends_at": AT - HOUR}
    write(tmp_path, Actor("Ada"), "corrections", {**words, **span})
    told = on_page(app, a="failure-rate:song_generation=x0.5@2025-03-01")
    assert not app.error
    assert "◐ As corrected, which decides:" in told
    assert "◐ As measured:" in told
    assert "Real, as corrected" in told
    assert "Real: 100 % left now; Changed: 100 % left now." in told
    assert "Changed, as measured" in told
    assert "105 of 120 failures left" in told
    assert "As measured, 75 % is left now; changed: 87.5 %." in told
