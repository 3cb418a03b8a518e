"""An Azure OpenAI account offline: for demos, tests and as a target under load. It knows nothing of the gate.

settings.py       what can be set; deployments.py the deployments
server.py         `serve` and `run`; connection.py one HTTP connection
account.py        a request in, a reply out: keys, tokens, routing
chat.py           chat and completions; responses.py, embeddings.py (vectors.py), models.py, fine_tuning.py, content_safety.py
generation.py     what a model says; writing.py its sentences, structured.py its JSON, prompt_cache.py
safety.py         the content filter; limits.py 429s and utilisation; faults.py what goes wrong on purpose
messages.py       request and reply as values, Azure's error bodies
"""

from gatelog.simulator.deployments import DEPLOYMENTS, Deployment
from gatelog.simulator.server import run, serve
from gatelog.simulator.settings import DEMO_KEY, Faults, SimulatorSettings

__all__ = ["DEMO_KEY", "DEPLOYMENTS", "Deployment", "Faults", "SimulatorSettings", "run", "serve"]
