"""Servers for models of one's own. What they take by themselves depends on the model, so that is always said."""

from app.llm.dialect import Dialect, Preset

_OWN = Dialect(own_defaults=True)
_NO_KEY = "Needs no key unless you set one."
_FREE = "Costs nothing; leave the prices at 0."

ollama = Preset("ollama", "Ollama", "http://127.0.0.1:11434/v1", "llama3.2", _OWN, key_note=_NO_KEY, price_note=_FREE)
vllm = Preset("vllm", "vLLM", "http://127.0.0.1:8000/v1", "", _OWN, key_note=_NO_KEY, price_note=_FREE)
llama_cpp = Preset("llama_cpp", "llama.cpp", "http://127.0.0.1:8080/v1", "", _OWN, key_note=_NO_KEY, price_note=_FREE)
lm_studio = Preset("lm_studio", "LM Studio", "http://127.0.0.1:1234/v1", "", _OWN, key_note=_NO_KEY, price_note=_FREE)
