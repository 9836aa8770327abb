"""The presets in the order in which they are offered. A new one is a new record here and one line below."""

from app.errors import NotFound
from app.llm.dialect import Preset
from app.llm.dialects.anthropic import anthropic
from app.llm.dialects.deepseek import deepseek
from app.llm.dialects.gateways import groq, openrouter, together
from app.llm.dialects.google import gemini
from app.llm.dialects.local import llama_cpp, lm_studio, ollama, vllm
from app.llm.dialects.mistral import mistral
from app.llm.dialects.moonshot import moonshot
from app.llm.dialects.openai import azure, openai, openai_reasoning
from app.llm.dialects.xai import xai

OTHER = Preset(
    "other",
    "Another server",
    key_note="Whoever runs the server says where a key is had; some need none.",
    price_note="Without prices every call seems free, and a limit of money can’t be set.",
)
PRESETS: tuple[Preset, ...] = (
    openai,
    openai_reasoning,
    anthropic,
    gemini,
    xai,
    mistral,
    deepseek,
    moonshot,
    openrouter,
    groq,
    together,
    azure,
    ollama,
    vllm,
    llama_cpp,
    lm_studio,
    OTHER,
)


def preset_named(name: str) -> Preset:
    """Return the preset stored as ``name``. Raises NotFound where there is none."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise NotFound(f"There is no preset “{name}”. Choose one of: {', '.join(each.name for each in PRESETS)}.")
