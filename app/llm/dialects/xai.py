"""Grok."""

from app.llm.dialect import Dialect, Preset

xai = Preset(
    "xai",
    "xAI (Grok)",
    "https://api.x.ai/v1",
    "grok-4-fast",
    Dialect(left_out=frozenset({"frequency_penalty", "presence_penalty", "stop"}), room=4096),
    key_note="Keys are made on console.x.ai.",
    price_note="Prices are on docs.x.ai. Reasoning is billed as output.",
)
