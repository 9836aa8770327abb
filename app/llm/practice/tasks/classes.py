"""Classification of sentences and messages."""

from collections.abc import Mapping
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.phrases import (
    FORMAL,
    HEADLINES,
    INFORMAL,
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    SENTENCE_TYPES,
    SPAM,
    TENSES,
    URGENCY,
    WANTED,
)
from app.llm.practice.template import Slots

SUBJECTS = ("The soup", "The service", "The room", "The guide", "The concert", "The chair", "The lesson", "The tea")


def sentiment(_: Slots, text: str) -> str:
    """Return the tone of a text by the words of the lexicon in it."""
    if any(word in text for word in POSITIVE):
        return "positive"
    return "negative" if any(word in text for word in NEGATIVE) else "neutral"


def opinion(_: Slots, label: str, rng: Random) -> str:
    """Return a review with the wanted tone."""
    words = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL}[label]
    subjects = rng.sample(SUBJECTS, 2)
    return f"{subjects[0]} was {rng.choice(words)}. {subjects[1]} was {rng.choice(words)}."


def bank_label(bank: Mapping[str, tuple[str, ...]], text: str) -> str:
    """Return the label under which the text is banked; raises KeyError for a text that is in no list."""
    for label, texts in bank.items():
        if text in texts:
            return label
    raise KeyError(text)


def from_bank(name: str, domain: str, field: str, bank: Mapping[str, tuple[str, ...]], *phrasings: str) -> Family:
    """Return a classification family whose inputs are listed by label."""
    return Family(
        name,
        domain,
        phrasings,
        lambda _, text: bank_label(bank, text),
        labels=tuple(bank),
        labelled=lambda _, label, rng: rng.choice(bank[label]),
        field=field,
    )


FAMILIES = (
    Family(
        "sentiment",
        "opinions",
        (
            "Classify the review by {someone} as positive, negative or neutral.",
            "Read what a guest in {place} wrote and decide whether the tone is positive, negative or neutral.",
            "After {occasion}, a visitor left a comment. Label its sentiment: positive, negative or neutral.",
            "Does the text praise, criticise or merely describe? Answer with positive, negative or neutral.",
        ),
        sentiment,
        labels=("positive", "negative", "neutral"),
        labelled=opinion,
        field="Review",
    ),
    from_bank(
        "spam",
        "mail",
        "Message",
        SPAM,
        "Decide if the message is spam or ham.",
        "{name} opens a mailbox in {place}. Should this message go into spam, or is it ham?",
        "Label the e-mail that reached {someone} as spam when it is unwanted advertising or fraud, otherwise ham.",
        "Sort the mail about {occasion}: reply ham for honest messages and spam for tricks.",
    ),
    from_bank(
        "urgency",
        "support",
        "Request",
        URGENCY,
        "How urgent is the request to a caretaker in {place}? Choose high, medium or low.",
        "Rate the priority of this support request as high, medium or low.",
        "The help desk can deal with one problem at a time. Assign high, medium or low urgency to the message.",
        "While {name} prepares {occasion}, a request comes in. Say if its urgency is high, medium or low.",
    ),
    from_bank(
        "sentence_type",
        "grammar",
        "Sentence",
        SENTENCE_TYPES,
        "Is the sentence a question, a statement or a command?",
        "{name} removed the final punctuation mark. Tell whether this is a statement, a question or a command.",
        "Name the grammatical mood for {audience} with one word: question, statement or command.",
        "An exercise from a school in {place} asks for the type of sentence, namely command, question or statement.",
    ),
    from_bank(
        "tense",
        "grammar",
        "Sentence",
        TENSES,
        "Does the sentence speak of the past, the present or the future?",
        "Determine the tense used by {someone} in this line: past, present or future.",
        "When does the action take place? Label the remark from {occasion} with past, present or future.",
        "For a grammar quiz in {place}, mark the verb as past, present or future.",
    ),
    from_bank(
        "register",
        "style",
        "Text",
        {"formal": FORMAL, "informal": INFORMAL},
        "Judge whether the wording is formal or informal.",
        "{name} must not sound too casual to {someone}. Is this text formal or informal?",
        "Would the line suit an official letter (formal) or a chat between friends (informal)?",
        "Mark the style of the note found after {occasion} as formal or informal.",
    ),
    from_bank(
        "headline_topic",
        "news",
        "Headline",
        HEADLINES,
        "Assign the headline to sports, business, science or culture.",
        "An editor in {place} sorts incoming stories. Which section fits: sports, business, science or culture?",
        "{name} reads only one part of the paper. Decide whether the headline is business, culture, science or sports.",
        "Pick the best category out of culture, sports, science and business for the title chosen by {someone}.",
    ),
    from_bank(
        "shop_or_lost",
        "support",
        "Notice",
        WANTED,
        "Is the notice on a board in {place} an offer, a search or a warning?",
        "Tag what {someone} pinned to the wall with offer, search or warning.",
        "Before {occasion}, {name} tidies the noticeboard. Classify each card as a warning, an offer or a search.",
    ),
)
