"""Texts that files have trouble with: every line end, outer white space, forms of letters, quotes, astral planes."""

from hypothesis import strategies as st

from app.text import is_blank

PIECES = [
    "\r\n",
    "\r",
    "\n",
    "\n\n",
    "\t",
    " ",
    "\u2028",
    "\u2029",
    "\u0085",
    "\x0b",
    "\x0c",
    "\x1c",
    "\u00a0",
    "\ufeff",
    "e\u0301",
    "\u00e9",
    "🦊",
    "👩🏽‍🚀",
    "你好",
    "שלום",
    '"',
    "\\",
    "\\n",
    "{input}",
    "Output:",
    "Input: ",
    "Task: ",
    "<|endoftext|>",
    "    return a + b",
]
texts = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    max_size=6,
).map("".join)
# What can be approved: an output that shows something.
outputs = texts.filter(lambda text: not is_blank(text))
