"""Letters, words and sentences."""

from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.lexicon import OPPOSITES, PAST, PLURALS, RHYMES, SENTENCES
from app.llm.practice.template import Slots

WORDS = tuple(sorted({word for pair in OPPOSITES.items() for word in pair} | set(PLURALS) | set(PLURALS.values())))
TITLES = (
    "the keeper of the northern light",
    "a winter without bread",
    "letters from an empty harbour",
    "the clockmaker and the thief",
    "how we learned to wait",
    "the last orchard in town",
    "songs for a slow river",
    "a short history of buttons",
    "the baker who forgot sunday",
    "nine doors and one key",
    "under the copper bridge",
)
SOCIETIES = (
    "Friends of Old Railway Stations",
    "Society of Careful Night Cyclists",
    "Union of Retired Lighthouse Keepers",
    "Committee for Better School Lunches",
    "League of Amateur Mushroom Hunters",
    "Federation of Village Libraries",
    "Association of Honest Clock Repairers",
    "Council for Clean River Water",
    "Alliance of Small Cheese Makers",
    "Institute for Forgotten Garden Plants",
    "Network of Evening Chess Teachers",
    "Guild of Travelling Puppet Players",
)


def sentence(_: Slots, rng: Random) -> str:
    """Return one everyday sentence in the present tense."""
    subject, verb, rest = rng.choice(SENTENCES)
    return f"{subject} {verb} {rest}."


def to_past(_: Slots, text: str) -> str:
    """Return the present-tense sentence in the past tense."""
    return " ".join(PAST.get(word, word) for word in text.split())


def word_list(_: Slots, rng: Random) -> str:
    """Return six different words, comma-separated."""
    return ", ".join(rng.sample(WORDS, 6))


def words_of(text: str) -> list[str]:
    """Return the words of a sentence without its punctuation."""
    return text.replace(".", "").replace(",", "").split()


def singular_list(_: Slots, rng: Random) -> str:
    """Return five singular nouns, comma-separated."""
    return ", ".join(rng.sample(sorted(PLURALS), 5))


FAMILIES = (
    Family(
        "letter_count",
        "spelling",
        (
            'How many letters does the word "{w}" have?',
            'Count the letters of "{w}", which {name} has to paint on a sign in {place}.',
            'A stamp costs one dollar per letter. What would {someone} pay for "{w}"?',
        ),
        lambda s, _: f"{len(s['w'])} dollars" if "someone" in s and "name" not in s else str(len(s["w"])),
        {"w": WORDS},
    ),
    Family(
        "vowel_count",
        "spelling",
        (
            'Count the vowels (a, e, i, o, u) in "{t}".',
            'How often does a vowel, that is a, e, i, o or u, occur in the title "{t}" chosen by {name}?',
        ),
        lambda s, _: str(sum(letter in "aeiou" for letter in s["t"])),
        {"t": TITLES},
    ),
    Family(
        "letter_occurrences",
        "spelling",
        (
            'How many times does the letter "{l}" occur in "{t}"?',
            '{name} sells letter stickers at {occasion}. How many of "{l}" are needed to spell "{t}"?',
        ),
        lambda s, _: str(s["t"].count(s["l"])),
        {"t": TITLES, "l": tuple("aeiourstnlh")},
    ),
    Family(
        "word_count",
        "spelling",
        (
            "Count the words in the sentence.",
            "How many words did {someone} use in this line from a notebook?",
            "A small newspaper in {place} charges by the word. State the number of words in this advertisement.",
        ),
        lambda _, text: str(len(text.split())),
        source=sentence,
        field="Sentence",
    ),
    Family(
        "reverse_words",
        "word games",
        (
            "Reverse the order of the words and leave out the full stop.",
            "Write the sentence backwards, word by word, for a puzzle that {name} prepares.",
            "As a game for {occasion}, start with the last word and end with the first, without any punctuation.",
        ),
        lambda _, text: " ".join(reversed(words_of(text))),
        source=sentence,
        field="Sentence",
    ),
    Family(
        "alphabetise",
        "word games",
        (
            "Put the words in alphabetical order.",
            "{name} labels drawers in {place}. Arrange the labels from A to Z.",
            "Sort this word list alphabetically so that {audience} can find an entry quickly.",
            "An index made by {someone} has lost its order. Restore it from first to last letter.",
        ),
        lambda _, text: ", ".join(sorted(text.split(", "))),
        source=word_list,
        field="Words",
    ),
    Family(
        "longest_word",
        "word games",
        (
            "Pick out the longest word of the sentence, taking the first one when several are equally long.",
            "Which word in the line noted by {someone} has the most letters? Name the earlier one in a tie.",
        ),
        lambda _, text: max(words_of(text), key=len),
        source=sentence,
        field="Sentence",
    ),
    Family(
        "plurals",
        "grammar",
        (
            "Give the plural of each noun in the list.",
            "{name} is learning English in {place}. Turn these singular nouns into plurals.",
            "Change every entry so that it speaks of more than one. The list belongs to {someone}.",
        ),
        lambda _, text: ", ".join(PLURALS[word] for word in text.split(", ")),
        source=singular_list,
        field="Nouns",
    ),
    Family(
        "past_tense",
        "grammar",
        (
            "Rewrite the sentence in the past tense.",
            "Change the verb so that the event happened yesterday, as {name} would tell it at {occasion}.",
            "The diary of {someone} should speak about the past. Correct the verb of this entry.",
        ),
        to_past,
        source=sentence,
        field="Sentence",
    ),
    Family(
        "rhymes",
        "poetry",
        (
            'Suggest three words that rhyme with "{w}".',
            'A birthday verse for {name} ends in "{w}". Which three words could end the next line?',
            'Find rhymes for "{w}" that {audience} would know. Give three of them.',
        ),
        lambda s, _: ", ".join(RHYMES[s["w"]]),
        {"w": tuple(RHYMES)},
    ),
    Family(
        "opposite",
        "vocabulary",
        (
            'What is the opposite of "{w}"?',
            "In a crossword from {place} the clue reads: not {w}. Give a fitting antonym.",
            'Teach {audience} one antonym of the adjective "{w}".',
        ),
        lambda s, _: OPPOSITES[s["w"]],
        {"w": tuple(OPPOSITES)},
    ),
    Family(
        "acronym",
        "word games",
        (
            "Build an acronym from the capital letters of the {t}.",
            "{name} joins the {t} in {place}. Which abbreviation would fit on a badge?",
        ),
        lambda s, _: "".join(letter for letter in s["t"] if letter.isupper()),
        {"t": SOCIETIES},
    ),
    Family(
        "capitalise",
        "spelling",
        (
            'Write the book title "{t}" with a capital letter at the start of every word.',
            'Capitalise each word of "{t}", the play that {group} from {place} perform.',
        ),
        lambda s, _: s["t"].title(),
        {"t": TITLES},
    ),
    Family(
        "replace_name",
        "editing",
        (
            "Replace the subject of the sentence by {name} and leave everything else unchanged.",
            "Who does it? Edit the line from the diary of {someone} so that {name} is the one.",
        ),
        lambda s, text: next(
            f"{s['name']}{text[len(subject) :]}" for subject, _, _ in SENTENCES if text.startswith(subject + " ")
        ),
        source=sentence,
        field="Sentence",
    ),
)
