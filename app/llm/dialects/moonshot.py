"""Kimi."""

from app.llm.dialect import Dialect, Preset

moonshot = Preset(
    "moonshot",
    "Moonshot (Kimi)",
    "https://api.moonshot.ai/v1",
    "kimi-k2-0905-preview",
    Dialect(left_out=frozenset({"frequency_penalty", "presence_penalty"}), structure="object"),
    key_note="Keys are made on platform.moonshot.ai.",
    price_note="Prices are on platform.moonshot.ai.",
)
