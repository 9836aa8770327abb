"""Sentences with known labels for the classification families."""

POSITIVE = ("wonderful", "delightful", "excellent", "a real pleasure", "far better than expected", "superb")
NEGATIVE = ("awful", "disappointing", "a waste of money", "far too loud", "dreadful", "never worth the trip")
NEUTRAL = ("ready at noon", "the same as last year", "on the second floor", "made of wood", "about an hour long")

SPAM = {
    "spam": (
        "You have won a luxury cruise! Send your bank details within one hour to claim it.",
        "Lose ten kilos in two days with this secret pill, now ninety percent off!!!",
        "Your account is locked. Confirm your password through this link at once.",
        "Dear friend, a distant prince wishes to share eight million dollars with you.",
        "Earn 900 dollars a day from your sofa. No skills needed, reply now!",
        "Final notice: pay a small fee today to release your mystery parcel.",
    ),
    "ham": (
        "Hi, the choir rehearsal moves to room four on Tuesday. See you there.",
        "Your dentist appointment is confirmed for Friday at ten in the morning.",
        "Could you bring the ladder back this weekend? We need to clean the gutters.",
        "Thanks for the notes from yesterday's lesson, they helped me a lot.",
        "The minutes of our last meeting are ready. Please tell me if anything is missing.",
        "Grandma's train arrives at six. Can you pick her up at the station?",
    ),
}

URGENCY = {
    "high": (
        "Water is pouring through the ceiling onto the fuse box right now.",
        "There is a strong smell of gas in the stairwell and people feel dizzy.",
        "Someone is stuck in the lift and has trouble breathing.",
        "The payment system is down and hundreds of customers cannot check out.",
    ),
    "medium": (
        "The heating in one bedroom stopped working, the other rooms are still warm.",
        "My order arrived with one part missing, and I need it by next week.",
        "The front door only closes if you push it hard. Please look at it in the next few days.",
        "I cannot log in on my phone, but it works on my laptop.",
    ),
    "low": (
        "When you have time, could you repaint the number on our letter box?",
        "It would be nice to have a second bench in the courtyard some day.",
        "I noticed a small spelling mistake on your welcome page.",
        "Is there a plan to offer the newsletter in other colours?",
    ),
}

SENTENCE_TYPES = {
    "question": (
        "Where did you leave the blue umbrella",
        "How many guests are coming tonight",
        "Why is the shop closed today",
        "Have you ever slept in a tent",
        "Which of the two roads is shorter",
    ),
    "statement": (
        "The ferry leaves every half hour",
        "My sister plays the cello",
        "Bread is cheaper after six o'clock",
        "We painted the kitchen last spring",
        "The lake freezes in January",
    ),
    "command": (
        "Close the gate behind you",
        "Take your shoes off at the door",
        "Bring me the small screwdriver",
        "Turn left after the bakery",
        "Do not feed the ducks",
    ),
}

TENSES = {
    "past": (
        "The storm broke two windows.",
        "We danced until midnight.",
        "She forgot her gloves on the tram.",
        "They sold the farm to a neighbour.",
        "He was waiting at the wrong gate.",
    ),
    "present": (
        "The kettle is boiling.",
        "My cousin works at a bakery.",
        "The children are building a hut.",
        "This door squeaks.",
        "We buy our milk from the farm.",
    ),
    "future": (
        "The museum will open in spring.",
        "I am going to call the plumber tomorrow.",
        "They will miss the last bus.",
        "She will paint the fence next week.",
        "We are going to move to the coast.",
    ),
}

FORMAL = (
    "We regret to inform you that your application cannot be considered.",
    "Kindly submit the completed form to the undersigned.",
    "I would be most grateful for your prompt reply.",
    "The committee hereby confirms receipt of your letter.",
    "Please do not hesitate to contact our office should you require assistance.",
)
INFORMAL = (
    "Hey, wanna grab a bite later?",
    "No worries, I'll sort it out.",
    "That gig was so cool, you missed out!",
    "Gimme a shout when you're home.",
    "Yeah, the boss is kinda grumpy today.",
)

HEADLINES = {
    "sports": (
        "Late goal sends the underdogs to the final",
        "Veteran swimmer breaks her own record",
        "Coach resigns after the fifth defeat in a row",
        "Rowing team wins gold by half a second",
    ),
    "business": (
        "Chocolate maker doubles its profit",
        "Central bank raises interest rates again",
        "Two airlines agree on a merger",
        "Furniture chain closes forty shops",
    ),
    "science": (
        "Telescope finds water vapour on a distant planet",
        "Researchers teach crows to count to five",
        "New vaccine protects mice from malaria",
        "Fossil shows how early whales walked",
    ),
    "culture": (
        "Forgotten opera returns to the stage",
        "Poet of the harbour receives a national prize",
        "Museum opens a wing for glass art",
        "Theatre festival draws record crowds",
    ),
}

WANTED = {
    "offer": (
        "Free firewood, collect it any evening.",
        "I give cello lessons to beginners, first hour free.",
        "Two kittens are looking for a kind home.",
        "Selling a child's bicycle in good condition.",
    ),
    "search": (
        "Has anyone seen a black cat with one white paw?",
        "Student needs a quiet room from October.",
        "Looking for a fourth player for our card evening.",
        "Wanted: an old sewing machine that still runs.",
    ),
    "warning": (
        "Careful, the third step is broken.",
        "Do not drink the tap water until Friday.",
        "Wasps are nesting under the bench.",
        "Thieves took two bicycles here last week.",
    ),
}
