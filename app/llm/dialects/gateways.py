"""Servers that host the models of many: what a model takes depends on which it is."""

from app.llm.dialect import Dialect, Preset

openrouter = Preset(
    "openrouter",
    "OpenRouter",
    "https://openrouter.ai/api/v1",
    "meta-llama/llama-3.3-70b-instruct",
    Dialect(room=2048),
    key_note="Keys are made under Keys on openrouter.ai.",
    price_note="Each model’s page on openrouter.ai has its prices.",
)
groq = Preset(
    "groq",
    "Groq",
    "https://api.groq.com/openai/v1",
    "llama-3.3-70b-versatile",
    key_note="Keys are made on console.groq.com.",
    price_note="Prices are on groq.com/pricing.",
)
together = Preset(
    "together",
    "Together",
    "https://api.together.xyz/v1",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    key_note="Keys are made under Settings on api.together.ai.",
    price_note="Prices are on together.ai/pricing.",
)
