"""Free writing: poems, explanations, lists of advice."""

from app.llm.practice.family import Family, chooser
from app.llm.practice.tasks.glossary import DEBATES, TERMS, TIPS, TRIPS, TRIVIA
from app.llm.practice.tasks.motifs import CREATURES, GOALS, SCENES, THINGS
from app.llm.practice.template import Slots

NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5}


def bullets(lines: tuple[str, ...] | list[str]) -> str:
    """Return a list with one dash a line."""
    return "\n".join(f"- {line}" for line in lines)


def explain(slots: Slots, _: str) -> str:
    """Return the definition of a term, and an encouraging second sentence for a named reader."""
    ending = ". Once you have seen it at work, you will notice it everywhere" if "audience" in slots else ""
    return f"{TERMS[slots['term']]}{ending}."


def weigh(slots: Slots, _: str) -> str:
    """Return as many arguments for and against as asked."""
    count = NUMBER_WORDS[slots["count"]]
    arguments = DEBATES[slots["topic"]]
    return f"For: {'; '.join(arguments[:count])}.\nAgainst: {'; '.join(arguments[3 : 3 + count])}."


def pack(slots: Slots, _: str) -> str:
    """Return a packing list, shortened to k things when asked."""
    return bullets(TRIPS[slots["trip"]][: NUMBER_WORDS.get(slots.get("count", ""), 6)])


def haiku(slots: Slots, _: str) -> str:
    """Return three short lines about a scene."""
    rng = chooser(slots["scene"])
    first = rng.choice(("The morning waits here", "A slow breath of light", "Nobody speaks now"))
    last = rng.choice(("and the day goes on", "the world holds its breath", "we listen, and stay"))
    return f"{first},\n{slots['scene']},\n{last}."


def open_story(slots: Slots, _: str) -> str:
    """Return the first lines of a story."""
    hero = slots["creature"]
    return (
        f"On the day the market in {slots['place']} closed early, {hero} found {slots['thing']} under a bench. "
        f'Nobody had seen who left it there. "Then it is mine to bring back," said the finder, and set off.'
    )


def agenda(slots: Slots, _: str) -> str:
    """Return an agenda whose parts add up to m minutes."""
    total = int(slots["m"])
    return bullets(
        [
            "Welcome and minutes of the last meeting: 5 minutes",
            f"Main item, {slots['goal']}: {total - 15} minutes",
            "Who does what until when: 5 minutes",
            "Any other business: 5 minutes",
        ]
    )


def quiz(slots: Slots, _: str) -> str:
    """Return a question with its answer."""
    question, reply = TRIVIA[slots["subject"]]
    return f"Question: {question} Answer: {reply}."


def advise(slots: Slots, _: str) -> str:
    """Return as many tips as asked."""
    return bullets(TIPS[slots["aim"]][: NUMBER_WORDS[slots["count"]]])


def praise(slots: Slots, _: str) -> str:
    """Return a slogan for a product."""
    rng = chooser(*slots.values())
    noun = slots["product"].split(" ", 1)[1]
    return rng.choice((f"Your {noun}, your day, done better.", f"Every good morning begins with the right {noun}."))


def review(slots: Slots, _: str) -> str:
    """Return a customer review in the wanted tone."""
    noun = slots["product"].split(" ", 1)[1]
    good = f"I have used this {noun} for a month and could not be happier. It is sturdy, simple and worth the price."
    bad = f"I had high hopes for this {noun}, but it broke within a week. I would not buy it again."
    return good if slots["tone"] == "satisfied" else bad


FAMILIES = (
    Family(
        "explain_term",
        "explanations",
        (
            "Explain {term} to {audience} in at most two sentences.",
            "In simple words, what is {term}?",
            "{name} came across {term} at {occasion}. Say briefly what it means.",
            "Define {term} in plain words.",
        ),
        explain,
        {"term": tuple(TERMS)},
    ),
    Family(
        "pros_and_cons",
        "debate",
        (
            "Name {count} advantages and {count} disadvantages of {topic}.",
            "{name} from {place} is thinking about {topic}. Give {count} points for it and {count} against.",
            "Weigh {topic} for {audience}, with {count} arguments on either side.",
        ),
        weigh,
        {"count": ("two", "three"), "topic": tuple(DEBATES)},
    ),
    Family(
        "packing",
        "travel",
        (
            "Write a packing list for {trip}.",
            "{name} leaves {place} tomorrow for {trip}. Which {count} things must not be forgotten?",
            "What should {someone} take along on {trip}? Answer with short bullet points.",
        ),
        pack,
        {"trip": tuple(TRIPS), "count": ("three", "four", "five")},
    ),
    Family(
        "haiku",
        "poetry",
        (
            "Write a three-line poem about {scene}.",
            "In the manner of a haiku, capture {scene} for {audience}.",
            "{name} collects very short poems from {place}. Add one that mentions {scene}.",
        ),
        haiku,
        {"scene": SCENES},
    ),
    Family(
        "story_opening",
        "storytelling",
        (
            "Begin a story in {place} in which {creature} finds {thing}.",
            "Invent the first sentences of a tale for {audience} about {creature}, {thing} and the town of {place}.",
            "Set in {place}, with {creature} and {thing}: write how the adventure starts.",
        ),
        open_story,
        {"creature": CREATURES, "thing": THINGS},
    ),
    Family(
        "agenda",
        "meetings",
        (
            "Set up an agenda of {m} minutes for a meeting about {goal}.",
            "{name} chairs a discussion on {goal} in {place}. Split the {m} minutes into sensible parts.",
            "Which steps should a {m}-minute team meeting have when {goal} is the main topic?",
        ),
        agenda,
        {"m": ("30", "40", "45", "50", "60", "90"), "goal": GOALS},
    ),
    Family(
        "quiz_question",
        "trivia",
        (
            "Make up a quiz question about {subject} and give the answer.",
            "{name} hosts a trivia night in {place} and lacks one item on {subject}. Supply it with its solution.",
            "Test {audience} with a single question from the field of {subject}, followed by the correct reply.",
        ),
        quiz,
        {"subject": tuple(TRIVIA)},
    ),
    Family(
        "advice",
        "everyday advice",
        (
            "Give {count} tips on how to {aim}.",
            "{name}, {someone}, wants to {aim}. List {count} things that help.",
            "What are {count} easy ways to {aim}?",
            "Advise {audience} in {count} bullet points how best to {aim}.",
        ),
        advise,
        {"count": ("two", "three", "four", "five"), "aim": tuple(TIPS)},
    ),
    Family(
        "slogan",
        "marketing",
        (
            "Think of a slogan for a shop in {place} that sells {product}.",
            "{name} wants to advertise {product} at {occasion}. Propose a catchy line.",
            "Which single sentence would make {someone} want {product}?",
        ),
        praise,
    ),
    Family(
        "product_review",
        "marketing",
        (
            "Write a review of {product} from the view of a {tone} customer.",
            "{name} bought {product} in {place} and is a {tone} buyer. Put that into a brief customer review.",
        ),
        review,
        {"tone": ("satisfied", "disappointed")},
    ),
)
