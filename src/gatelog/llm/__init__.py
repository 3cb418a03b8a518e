"""The wire formats of OpenAI and Azure OpenAI: read what passes, change as little as possible. Pure; bad JSON never raises.

operations.py       which operation a path is: Kind, LlmOperation
request.py          model and streaming wishes of a request; injecting `include_usage`
sse.py              server-sent events; taking the injected usage out again
assemble.py         Assembly: a stream's bytes -> one Completion (chunks.py, runs.py, response_events.py)
usage.py            the tokens that an answer reports
tokens.py           the tokens that we count ourselves, offline (images.py for pictures); vocabulary.py, loaded on first use
messages.py         prompts and answers as texts
filters.py          what the content filter found
document.py         lenient JSON reading
"""
