"""English told from the languages in which a word of the list means something else."""

import pytest

from app.screening.language import is_english


@pytest.mark.parametrize(
    "text",
    [
        "Plot a graph.",
        "Draw the map of Los Angeles and San Francisco.",
        "Translate the French word “file” for me.",
        "Describe the café in this file.",
        "Summarise the plot of Les Misérables in your own words.",
        "",
    ],
)
def test_english(text):
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Explique la file d'attente",
        "Leg de map op tafel",
        "Scrivi le file di numeri",
        "Postav plot kolem zahrady, ale ne moc vysoký",
        "Напиши функцию map",
        "使用map函数",
    ],
)
def test_others(text):
    assert not is_english(text)
