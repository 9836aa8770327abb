"""Servers that people run themselves. They take any parameter, and leave alone what they don't know."""

from app.llm.practice.dialect import Dialect
from app.llm.practice.error_bodies import as_detail

LOCAL = (
    Dialect(
        "ollama",
        ignores=frozenset({"n"}),
        formats=frozenset({"json_schema", "json_object"}),
        refuses_formats=False,
        thinks_in="reasoning",
    ),
    Dialect("vllm", formats=frozenset({"json_schema", "json_object", "guided_json", "tools"}), errors=as_detail),
    # Tools without a template for them are ignored, whatever ``tool_choice`` says; measured with xllamacpp 2026.10.
    Dialect("llama_cpp", formats=frozenset({"json_schema", "json_object"}), refuses_formats=False),
    Dialect("lm_studio", ignores=frozenset({"n"}), formats=frozenset({"json_schema", "tools"})),
)
