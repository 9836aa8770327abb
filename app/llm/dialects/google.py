"""Gemini through Google's OpenAI interface."""

from app.llm.dialect import Dialect, Preset

# What it thinks is counted in the total alone and against the limit.
gemini = Preset(
    "gemini",
    "Google Gemini",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    "gemini-2.5-flash",
    Dialect(left_out=frozenset({"frequency_penalty", "presence_penalty"}), effort="low", room=4096),
    key_note="Keys are made in Google AI Studio.",
    price_note="Prices are on ai.google.dev/pricing. Thinking is billed as output.",
)
