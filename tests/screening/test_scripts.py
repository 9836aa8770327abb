"""How many words a text has in each script. The same sentence stands for about as many everywhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening.scripts import count_words


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_latin_is_counted_as_published(text):
    assert count_words(text) == len(text.split())


@given(st.text(st.sampled_from("aЖאبक \n.-—’é😀")))
def test_so_is_every_script_that_is_written_with_spaces(text):
    assert count_words(text) == len(text.split())


# The first article of the Universal Declaration of Human Rights: 30 words in English.
ARTICLE = {
    "English": "All human beings are born free and equal in dignity and rights. They are endowed with reason and "
    "conscience and should act towards one another in a spirit of brotherhood.",
    "Chinese": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
    "人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 "
    "부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
}


@pytest.mark.parametrize("language", ARTICLE)
def test_one_article_has_about_as_many_words_in_each_script(language):
    assert 0.8 < count_words(ARTICLE[language]) / count_words(ARTICLE["English"]) < 1.3


@pytest.mark.parametrize("language", ARTICLE)
@pytest.mark.parametrize("form", ["NFD", "NFKC", "NFKD"])
def test_how_a_text_is_encoded_changes_nothing(language, form):
    text = ARTICLE[language]
    assert count_words(unicodedata.normalize(form, text)) == count_words(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("写三个数", 2.7),
        ("用Python写诗", 3),
        ("用 Python 写诗", 3),
        ("Write 三 words", 2.7),
        ("ﾊﾟﾊﾟ", 0.5),
        ("གངས་རི་ཆེན་", 1.7),
        ("ꊿꂷꃅꄿ", 2.3),
        ("ሰላም፡ለሁሉ፡ይሁን", 3),
        ("தமிழ் கவிதை", 3),
        ("മലയാളം", 2),
        ("한국어/영어", 3),
        ("가\u200d나", 1.5),
        ("ꦱꦧꦼꦤ꧀", 0.9),
        ("１２３ ４５", 2),
        ("👍 🎉", 2),
        ("", 0),
    ],
)
def test_counts(text, words):
    assert count_words(text) == words
