import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.screening.filter import Draft
from app.screening.filters.wording import ALPACA_WORDS, SELF_INSTRUCT_WORDS, Wording, WordingThresholds
from tests.screening.filters.drafts import pool_of


def ask(instruction, **thresholds):
    return Wording().object_to(Draft(instruction), WordingThresholds(**thresholds), pool_of())


@pytest.mark.parametrize(
    ("instruction", "evidence"),
    [
        ("Describe the image in one line.", {"word": "image"}),
        ("Sort the IMAGES by size.", {"word": "IMAGES"}),
        ("Open the file, then close it.", {"word": "file"}),
        ("Find the town on these maps.", {"word": "maps"}),
        ("Draw a circle around the sun.", {"word": "Draw"}),
        ("Summarise the plot of a novel.", {"word": "plot"}),
        ("Tell me to go to the shop.", {"word": "go to"}),
        ("Tell me to go\n to the shop.", {"word": "go\n to"}),
        ("Name the music of the nineties.", {"word": "music"}),
        ("Write a program that adds two numbers.", {"start": "Write a program"}),
        ("write a Program that adds two numbers.", {"start": "write a Program"}),
        ("Write a programming exercise for children.", {"start": "Write a program"}),
        ("Write a program that opens a file.", {"word": "file"}),
        ('"Explain" this word to me.', {"start": '"'}),
        ("- Explain this word to me.", {"start": "-"}),
        ("— Explain this word to me.", {"start": "—"}),
        ("• Erkläre mir dieses Wort.", {"start": "•"}),
        ("，请解释这个词。", {"start": "，"}),
        ("؟ اشرح هذه الكلمة", {"start": "؟"}),
        ("👍 Explain this word to me.", {"start": "👍"}),
        ("€5 is how much in yen?", {"start": "€"}),
        ("« ? »", {"start": "«"}),
        ("- Décris le café.", {"start": "-"}),
        ('"', {"start": '"'}),
        ("\u0301Explain this word to me.", {"start": "\u0301"}),
        ("“Explain” this word to me.", {"start": "“"}),
        ("“Explain” this word — to me.", {"start": "“"}),
        ("Décrivez les images de cette page.", {"word": "images"}),
        ("请描述这张image的内容。", {"word": "image"}),
        ("Décris le café de cette image à deux mots, puis go to la page.", {"word": "image"}),
        ("Describe the map of the café.", {"word": "map"}),
    ],
)
def test_what_is_rejected(instruction, evidence):
    assert ask(instruction).evidence == evidence


@pytest.mark.parametrize(
    "instruction",
    [
        "Imagine a world without paper.",
        "Write one paragraph about profiles.",
        "List three graphic novels.",
        "Name the videos you would watch.",  # the published lists hold only the singular of these
        "Explain drawing to a child.",
        "Say why a mapmaker goes to sea.",
        "Rename file_name in this sentence.",
        "Please write a program that adds.",
        "3 reasons to learn a language.",
        "  Explain why the sky is blue.",
        "",
        "Écris une courte lettre à un ami.",
        "E\u0301cris une courte lettre à un ami.",
        "Ünder what name is it known?",
        "¿Qué hora es en Madrid?",
        "¡¿Qué hora es en Madrid?!",
        "«Война и мир»: кто написал этот роман?",
        "« Le Petit Prince » : résume le livre.",
        "„Faust“ ist von wem?",
        "”Hej” betyder vad på engelska?",
        "“可持续性”这个概念如何影响我们的环境？",
        "《西游记》中有哪些主要人物？",
        '"《西游记》的作者是谁？"',
        "(Français) Décris le café.",
        "「春」という題で俳句を書いてください。",
        "（一）解释光合作用。",
        "写一首关于春天的诗",
        "１０以内的质数有哪些？",
        "①写出三种颜色。",
        "٣ أسباب لتعلم لغة جديدة",
        "\u200fاكتب قصيدة عن البحر",
        "\ufeffНапиши письмо другу.",
        "שלוש סיבות ללמוד שפה",
        "हिन्दी में एक कविता लिखो।",
        "봄에 대한 시를 쓰세요.",
        "Hãy viết một bài thơ ngắn.",
        "\u1031က \u1000\u103c\u102e\u1038",
        "Explique la file d’attente dans une banque.",
        "Explique comment gérer une file d'attente.",
        "Leg de map op tafel en sluit hem.",
        "Popiš, jak se staví plot kolem zahrady.",
        "Scrivi le file di numeri che mancano.",
        "C’est un langage image\u0301 et précis.",
        "Ещё одна функция map для списка",
    ],
)
def test_what_is_kept(instruction):
    assert ask(instruction) is None


def test_sentences_name_what_was_found():
    assert ask("Describe the image please.").sentence == "Holds “image”, which is on the list of unwanted words."
    assert (
        ask("Write a program now please.").sentence
        == "Starts with “Write a program”: models propose that far too often."
    )
    assert ask("? what is this").sentence == "Starts with a punctuation mark: ?"
    assert ask("… what is this").sentence == "Starts with a sign instead of a letter: …"
    published = ask("é what is this", ascii_start=True)
    assert published.sentence == "Starts with a character that English does not use: é"


def test_a_run_can_go_by_the_published_rule():
    for instruction in ("¿Qué hora es en Madrid?", "写一首关于春天的诗", "Écris une lettre."):
        assert ask(instruction, ascii_start=True).evidence == {"start": instruction[0]}
    assert ask("Leg de map op tafel en sluit hem.", ascii_start=True).evidence == {"word": "map"}


def test_words_of_every_script_can_be_listed():
    assert ask("请描述图片的内容。", words=("图片",)).evidence == {"word": "图片"}
    assert ask("この絵を説明してください。", words=("絵",)).evidence == {"word": "絵"}
    assert ask("Опиши картинку словами.", words=("картинку",)).evidence == {"word": "картинку"}
    assert ask("Опиши картинку словами.", words=("картин",)) is None
    assert ask("Décris l’image\u0301 du café.", words=("imagé",)).evidence == {"word": "imagé"}


def test_the_list_can_be_changed_and_emptied():
    assert ask("Write C++ for a (small) robot.", words=("C++",)).evidence == {"word": "C++"}
    assert ask("Explain a small robot.", words=("a.small",)) is None
    assert ask("Describe the image please.", words=()) is None
    assert WordingThresholds(words=[" image ", "go to"]).words == ("image", "go to")
    with pytest.raises(ValidationError):
        WordingThresholds(words=["image", " "])


def reference_rejects(instruction):
    """The rules of the published scripts, one after the other."""
    text = instruction.strip()
    listed = (re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in SELF_INSTRUCT_WORDS + ALPACA_WORDS)
    return bool(
        any(listed)
        or text.capitalize().startswith("Write a program")
        or (text and text[0] in string.punctuation)
        or (text and not text[0].isascii())
    )


pieces = st.sampled_from([*SELF_INSTRUCT_WORDS, *ALPACA_WORDS, "Write a program", "s", " ", "é", ".", "_", "a"])


@given(st.lists(pieces, max_size=5).map("".join))
def test_random_wordings_are_decided_as_by_the_published_rules(instruction):
    assert (ask(instruction, ascii_start=True) is not None) == reference_rejects(instruction)


@given(st.lists(pieces.filter(str.isascii), max_size=5).map("".join))
def test_plain_english_is_decided_as_by_the_published_rules_unasked(instruction):
    assert (ask(instruction) is not None) == reference_rejects(instruction)
