"""OpenAI, its reasoning models, and Azure, which serves both."""

from app.llm.dialect import OPTIONAL, Dialect, Preset

_KEYS = "Keys are made under API keys on platform.openai.com; the account needs credit of its own."
_PRICES = "Prices are on openai.com/api/pricing. A flex price of 50 asks for the slower service at half of them."

openai = Preset("openai", "OpenAI", "https://api.openai.com/v1", "gpt-4.1-mini", key_note=_KEYS, price_note=_PRICES)
# Reasoning that nobody sees is billed as output and counts against the limit.
openai_reasoning = Preset(
    "openai_reasoning",
    "OpenAI, reasoning models",
    openai.base_url,
    "gpt-5-mini",
    Dialect(length_name="max_completion_tokens", left_out=frozenset(OPTIONAL), effort="low", room=4096),
    key_note=_KEYS,
    price_note=f"{_PRICES} Reasoning is billed as output.",
)
azure = Preset(
    "azure",
    "Azure OpenAI",
    "https://YOUR-RESOURCE.openai.azure.com/openai/v1",
    "your-deployment",
    Dialect(key_header="api-key"),
    key_note="The key is on the resource’s page under Keys and Endpoint. Older addresses end in "
    "/openai/deployments/NAME?api-version=…; those work, too.",
    price_note="Prices are those of your agreement; the model is the name of your deployment.",
)
