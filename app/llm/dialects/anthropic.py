"""Claude through Anthropic's OpenAI interface."""

from app.llm.dialect import Dialect, Preset

# It takes no stop sequence of white space alone, and has no JSON schema but for tools.
anthropic = Preset(
    "anthropic",
    "Anthropic (Claude)",
    "https://api.anthropic.com/v1",
    "claude-haiku-4-5",
    Dialect(
        left_out=frozenset({"frequency_penalty", "presence_penalty", "stop"}),
        one_of_two=True,
        structure="tool",
    ),
    key_note="Keys are made under API keys on console.anthropic.com.",
    price_note="Prices are on claude.com/pricing.",
)
