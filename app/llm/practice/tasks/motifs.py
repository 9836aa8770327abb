"""What letters, poems and stories are about."""

GIFTS = (
    "the hand-painted teapot",
    "the warm woollen blanket",
    "the book about northern birds",
    "the jar of plum jam",
    "the tickets for the puppet theatre",
    "the recipe notebook",
    "the little cactus",
    "the wooden train set",
    "the concert voucher",
    "the lemon tree",
    "the silver bookmark",
    "the box of pralines",
    "the garden shears",
)

MISTAKES = (
    "missing the meeting on Monday",
    "sending the wrong invoice",
    "breaking a borrowed vase",
    "replying three weeks late",
    "double-booking the rehearsal room",
    "forgetting an important birthday",
    "mixing up two deliveries",
    "parking in front of the garage",
    "losing the key of the bicycle shed",
    "shouting during the last discussion",
)

CREATURES = (
    "a shy dragon",
    "a talkative crow",
    "a forgetful giant",
    "a fox with one blue eye",
    "a ghost who fears the dark",
    "a very small robot",
    "a tortoise in a hurry",
    "a cat who reads newspapers",
    "a lonely snowman",
    "a singing carp",
)

THINGS = (
    "an empty birdcage",
    "a letter without an address",
    "a broken compass",
    "a key made of glass",
    "a jar of buttons",
    "a clock that runs backwards",
    "a torn theatre ticket",
    "a suitcase full of sand",
    "an unlit lantern",
    "a red shoe",
)

SCENES = (
    "the first frost on the fields",
    "a harbour before sunrise",
    "old hands kneading dough",
    "rain on a tin roof",
    "an empty railway platform",
    "the smell of cut grass",
    "a swing moving in the wind",
    "snow melting in the yard",
    "fireflies over the pond",
    "a lamp in a far window",
    "crows leaving the poplars",
    "the last warm day of autumn",
)

GOALS = (
    "choosing a new printer",
    "sharing the cleaning duties",
    "planning the summer excursion",
    "reducing paper waste",
    "welcoming two new colleagues",
    "moving the archive",
    "fixing the holiday rota",
    "raising money for new chairs",
)

REQUESTS = {
    "Send me the report now.": "Could you please send me the report when you have a moment?",
    "You forgot the receipt again.": "I could not find the receipt. Could you please add it?",
    "Stop talking so loudly.": "Would you mind speaking a little more quietly?",
    "Move your car.": "Would you be so kind as to move your car?",
    "This is wrong, do it again.": "There seems to be a mistake here. Could you please look at it once more?",
    "I want a different room.": "Would it be possible to get a different room, please?",
    "Answer my e-mail.": "I would be grateful for a short answer to my e-mail when you have time.",
}
