"""The look, measured: contrast, colour-blindness, and that Streamlit has the same colours."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from slo_core.figures.theme import DARK, LIGHT, STATES, Palette, palette, scale, template

PALETTES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio: 1 for the same colour, 21 for black on white."""
    dark, light = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, eyes: np.ndarray) -> np.ndarray:
    xyz = XYZ @ np.clip(eyes @ linear(colour), 0, 1) / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@PALETTES
def test_text_and_states_have_a_contrast_of_four_and_a_half(colours: Palette) -> None:
    for background in (colours.background, colours.panel):
        for text in (colours.text, colours.muted, *colours.roles.values()):
            assert contrast(text, background) >= 4.5, (text, background)
    assert contrast("#FFFFFF", colours.primary) >= 4.5  # a button's label


@PALETTES
def test_captions_have_it_too(colours: Palette) -> None:
    for background in (colours.background, colours.panel):
        shown = [  # Streamlit writes captions in the text's colour at 60 % opacity
            round(0.6 * int(colours.text[start : start + 2], 16))
            + round(0.4 * int(background[start : start + 2], 16))
            for start in (1, 3, 5)
        ]
        assert contrast("#" + "".join(f"{channel:02X}" for channel in shown), background) >= 4.5


@PALETTES
def test_graphics_have_a_contrast_of_three(colours: Palette) -> None:
    for background in (colours.background, colours.panel):
        for graphic in (colours.border, colours.primary, *colours.series):
            assert contrast(graphic, background) >= 3, (graphic, background)


@PALETTES
@pytest.mark.parametrize("eyes", EYES)
def test_states_and_series_are_told_apart_by_all_eyes(colours: Palette, eyes: str) -> None:
    for group in (colours.roles.values(), colours.series):
        for one, other in combinations(group, 2):
            apart = float(np.linalg.norm(lab(one, EYES[eyes]) - lab(other, EYES[eyes])))
            assert apart >= 14, (one, other, apart)  # about six just noticeable differences


@PALETTES
def test_the_heatmaps_steps_go_steadily_away_from_the_background(colours: Palette) -> None:
    steps = [contrast(step, colours.background) for step in colours.sequential]
    assert steps == sorted(steps)
    assert len(steps) == 10  # Streamlit takes ten or none
    assert scale(colours)[0] == (0.0, colours.sequential[0])
    assert scale(colours)[-1] == (1.0, colours.sequential[-1])


@PALETTES
def test_streamlit_has_the_same_colours(colours: Palette) -> None:
    theme = tomllib.loads(CONFIG.read_text())["theme"][colours.name]
    assert theme["primaryColor"] == colours.primary
    assert theme["backgroundColor"] == colours.background
    assert theme["secondaryBackgroundColor"] == colours.panel
    assert theme["sidebar"]["backgroundColor"] == colours.panel
    assert theme["textColor"] == colours.text
    assert theme["borderColor"] == colours.border
    assert theme["grayTextColor"] == colours.muted
    names = {"good": "green", "warn": "orange", "bad": "red", "none": "gray", "stale": "violet"}
    assert {role: theme[f"{name}Color"] for role, name in names.items()} == colours.roles
    assert tuple(theme["chartCategoricalColors"]) == colours.series
    assert tuple(theme["chartSequentialColors"]) == colours.sequential
    for text in [theme[f"{name}TextColor"] for name in (*names.values(), "blue")]:
        assert contrast(text, colours.background) >= 4.5
        assert contrast(text, colours.panel) >= 4.5


def test_a_state_is_a_shape_and_a_word_beside_its_colour() -> None:
    assert STATES["at_risk"].label == "▲ At risk"
    objective = [STATES[key] for key in ("met", "at_risk", "missed", "no_data", "stale")]
    assert len({state.symbol for state in objective}) == 5
    assert len({state.marker for state in objective}) == 5
    assert len({state.role for state in objective}) == 5
    assert {state.role for state in STATES.values()} == set(LIGHT.roles) == set(DARK.roles)


@PALETTES
def test_a_figure_takes_the_template(colours: Palette) -> None:
    shapes = [state.marker for state in STATES.values()]
    figure = go.Figure(go.Scatter(x=[1], y=[2], marker={"symbol": shapes[0]}))
    figure.update_layout(template=template(colours))
    assert figure.layout.template.layout.font.color == colours.text
    assert figure.layout.template.layout.colorway == colours.series
    for shape in shapes:  # Plotly refuses a shape that it does not know
        figure.update_traces(marker_symbol=shape)


def test_an_unknown_appearance_is_light() -> None:
    assert palette("dark") is DARK
    assert palette("light") is palette(None) is LIGHT
