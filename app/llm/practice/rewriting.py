"""Makes another task from a given one, and finds an instruction for a given text."""

import re
from collections import Counter
from random import Random

from app.llm.practice import mistakes
from app.llm.practice.grammar import make, read_task, steer, write_task
from app.llm.practice.proposals import Proposal, propose_instruction
from app.llm.practice.reader import Rewriting, Shown, TextQuestion, Translation
from app.llm.practice.tasks import FAMILIES
from app.llm.practice.text import Text

# Their tasks hold all that is needed to answer them.
_WHOLE = tuple(family for family in FAMILIES if not family.takes_input)
_KINDS = ((12, "one sentence"), (60, "a short paragraph"), (200, "a few paragraphs"))
_ASKED = (
    "Write {kind} about {words}.",
    "What is there to say about {words}? Answer in {kind}.",
    "Explain {words} to a beginner, in {kind}.",
    "In {kind}, tell somebody new to it about {words}.",
    "Compose {kind} that mentions {words}.",
)
_OTHER_WORDS = ("tides and moonlight", "old bridges", "sourdough bread", "the rules of chess", "night trains")
_WORD = re.compile(r"[^\W\d_]{5,30}")


def write_rewriting(prompt: Rewriting, rng: Random) -> Text:
    """Return one task of the kind of the given one, or of any kind for a stranger's, marked with what it was made."""
    mistake = mistakes.draw(mistakes.REWRITING_RATES, rng)
    given = read_task(prompt.instruction)
    if mistake == "speaks_of_prompt":
        proposal = Proposal(
            f"Make the given task {prompt.how} and explain why.", "", "", mistake, "names its own prompt"
        )
    elif mistake is not None:
        proposal = propose_instruction(mistake, _WHOLE, [Shown(prompt.instruction, "", "")], rng)
    else:
        family = given.family if given is not None and not given.family.takes_input else rng.choice(_WHOLE)
        task = write_task(rng, [family])
        instruction = steer(make(task.instruction, prompt.how), prompt.wishes.topic, prompt.wishes.language)
        proposal = Proposal(instruction, "", task.answer(""))
    text = Text()
    text.add(f" {proposal.instruction}", proposal)
    return text


def write_instruction(prompt: TextQuestion, rng: Random) -> Text:
    """Return an instruction that names what the text speaks of most."""
    mistake = mistakes.draw(mistakes.TEXT_QUESTION_RATES, rng)
    words = rng.choice(_OTHER_WORDS) if mistake == "unfitting_instruction" else _words_of(prompt.text)
    right = rng.choice(_ASKED).format(kind=_kind_of(prompt.text), words=words)
    detail = ""
    if mistake == "too_short":
        right, detail = mistakes.too_short(rng), "at most three words"
    elif mistake == "starts_with_punctuation":
        right, detail = f"- {right}", "starts with a stray mark"
    elif mistake is None:
        right = steer(right, prompt.wishes.topic, prompt.wishes.language)
    else:
        detail = "about something else"
    text = Text()
    text.add(f" {right}", Proposal(right, "", prompt.text, mistake, detail))
    return text


def write_translation(prompt: Translation, rng: Random) -> Text:
    """Return the task marked with the language it was to be put into, and its input as it is."""
    mistake = mistakes.draw(mistakes.TRANSLATION_RATES, rng) if prompt.input else None
    instruction = steer(prompt.instruction, "", prompt.language)
    given = "" if mistake else prompt.input
    text = Text()
    text.add(f" {instruction}\nInput: {given or '<noinput>'}", Proposal(instruction, given, "", mistake))
    return text


def _words_of(text: str) -> str:
    counted = Counter(word.lower() for word in _WORD.findall(text[:20_000]))
    # The commonest, and of equals the longest.
    first = sorted(counted, key=lambda word: (-counted[word], -len(word), word))[:3]
    if not first:
        return "what it says"
    return first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"


def _kind_of(text: str) -> str:
    words = len(text.split())
    return next((kind for limit, kind in _KINDS if words <= limit), "an essay")
