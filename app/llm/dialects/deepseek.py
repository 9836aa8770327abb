"""DeepSeek."""

from app.llm.dialect import Dialect, Preset

# JSON of any form, but no schema.
deepseek = Preset(
    "deepseek",
    "DeepSeek",
    "https://api.deepseek.com/v1",
    "deepseek-chat",
    Dialect(room=4096, structure="object"),
    key_note="Keys are made on platform.deepseek.com.",
    price_note="Prices are on api-docs.deepseek.com. What it had in its cache costs less: see “Price cached”.",
)
