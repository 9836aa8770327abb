"""Mistral."""

from app.llm.dialect import Preset

mistral = Preset(
    "mistral",
    "Mistral",
    "https://api.mistral.ai/v1",
    "mistral-small-latest",
    key_note="Keys are made on console.mistral.ai.",
    price_note="Prices are on mistral.ai/pricing.",
)
