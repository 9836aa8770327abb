"""Services with a model of their own, and those that pass on to others, as of November 2026.

Sources: decolua/9router#560 and EleutherAI/lm-evaluation-harness#3247 (OpenAI), gptme/gptme#1110 (Anthropic),
google-gemini/cookbook#1290 and SillyTavern#3015 (Gemini), miaoxworld/NativeTavern#83 and uni-api#105 (xAI),
cecli#484 (Moonshot), and the providers' pages.
"""

from app.llm.practice.dialect import Dialect, Refusal, above, always, beside, unless
from app.llm.practice.error_bodies import as_details, as_list, as_sentence, camel, each_in_turn

_LOGPROBS = frozenset(("logprobs", "top_logprobs", "logit_bias"))
_PENALTIES = frozenset(("presence_penalty", "frequency_penalty"))
_SAMPLING = _LOGPROBS | _PENALTIES | {"temperature", "top_p", "stop", "seed", "n"}
_FORMATS = frozenset(("response_format", "tools", "tool_choice", "parallel_tool_calls"))
_LENGTHS = frozenset(("max_tokens", "max_completion_tokens"))
_OPENAI = _SAMPLING | _FORMATS | _LENGTHS | {"user", "service_tier", "store", "metadata"}
_NOT_TAKEN = "Unsupported parameter: '{}' is not supported with this model."
_ONE_VALUE = "Unsupported value: '{}' may only be 1 with this model, its default."

_REASONING = (
    Refusal(
        "max_tokens",
        always,
        f"{_NOT_TAKEN} Send 'max_completion_tokens' instead.",
        is_named=True,
        code="unsupported_parameter",
    ),
    *(
        Refusal(name, unless(1), _ONE_VALUE, is_named=True, code="unsupported_value")
        for name in ("temperature", "top_p")
    ),
    *(
        Refusal(name, always, _NOT_TAKEN, is_named=True, code="unsupported_parameter")
        for name in (*_PENALTIES, "stop", "logprobs")
    ),
)

HOSTED = (
    Dialect("openai", knows=_OPENAI),
    Dialect(
        "openai_reasoning",
        _REASONING,
        knows=_OPENAI | {"reasoning_effort"},
        thinks=True,
        thinks_in="",
    ),
    Dialect(
        "anthropic",
        (
            Refusal("temperature", beside("top_p"), "`{}` and `top_p` cannot both be set for this model; use one."),
            Refusal("n", above(1), "{}: Input should be 1."),
        ),
        wants=tuple(sorted(_LENGTHS, reverse=True)),
        ignores=_PENALTIES,
        formats=frozenset({"tools"}),
        refuses_formats=False,
        thinks_in="content",
    ),
    Dialect(
        # Says that there are no penalties without naming the parameter.
        "gemini",
        tuple(Refusal(name, unless(0), "Penalty is not enabled for this model.") for name in _PENALTIES),
        knows=_SAMPLING | _FORMATS | _LENGTHS | {"reasoning_effort"},
        unknown=Refusal("", always, 'Invalid JSON payload. Unknown name "{}": no such field.'),
        errors=as_list,
        thinks=True,
        thinks_in="",
        counts_thoughts=False,
    ),
    Dialect(
        "xai",
        tuple(
            Refusal(name, always, f"This model does not support parameter {camel(name)}.")
            for name in (*_PENALTIES, "stop")
        ),
        errors=as_sentence,
    ),
    Dialect(
        "mistral",
        knows=_SAMPLING - {"seed", "logit_bias"} | _FORMATS | {"max_tokens", "random_seed", "safe_prompt"},
        unknown=Refusal("", always, "Extra inputs are not permitted", is_named=True),
        errors=as_details,
        status=422,
        thinks_in="content",
    ),
    Dialect("deepseek", ignores=_PENALTIES, formats=frozenset({"json_object", "tools"}), thinks=True),
    Dialect(
        "moonshot",
        tuple(Refusal(name, unless(0), "invalid {}: this model allows 0 alone") for name in _PENALTIES),
        formats=frozenset({"json_object", "tools"}),
    ),
    Dialect("openrouter", thinks_in="reasoning", finishes={"stop": None}, padding=b"\n" + b"         \n" * 12),
    Dialect(
        "groq",
        (
            *(Refusal(name, always, "'{}' is not supported.") for name in _LOGPROBS),
            Refusal("n", above(1), "'{}' : value must be at most 1"),
        ),
        knows=_OPENAI | {"reasoning_effort", "reasoning_format"},
        unknown=Refusal("", always, "property '{}' is unsupported"),
        thinks_in="reasoning",
    ),
    Dialect("together", thinks_in="reasoning"),
    Dialect("azure", knows=_OPENAI, paths=("/openai/v1", "/openai/deployments/{deployment}"), wants_key=True),
    Dialect(
        # Nobody's: refuses whatever can be left out, one thing at a time, each in another shape.
        "strict",
        knows=frozenset({"max_completion_tokens"}),
        unknown=Refusal("", always, "{}", is_named=True),
        errors=each_in_turn,
    ),
)
