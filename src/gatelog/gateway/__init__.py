"""The data plane: a caller's bytes in, a backend's bytes out, every call on record exactly once.

server.py      the listener: one connection for each caller, one call at a time on each
http1.py       HTTP/1.1 without I/O: the messages of a connection (heads.py: the grammar of heads; sieve.py: which fields pass)
routing.py     head + catalog -> Route: API, operation, subscription, product, pipeline
call.py        one call from its head to its last byte (opening.py, attempt.py; answers.py: the gate's own)
recording.py   a call's two events; capture.py: without credentials
shared.py      counters and cache in Redis, for several gateways
driver.py      drives a pipeline's effects; perform.py does them (counters.py, cache.py, exchange_once.py)
backends.py    which backend: base URL, entity, pool (breaker.py: circuit breakers)
client.py      the pooled upstream client; outgoing.py the heads that leave; stream.py the tee of a stream
websocket.py   upgraded connections (frames.py reads their texts)
ledger.py      events into the journal; what waits for them
gate.py        what all calls of a worker share; worker.py builds and runs it (tasks.py owns its tasks)
Entry: `gatelog.gateway.worker.run_worker(settings, parts)`. It never reads tables and never parses KQL.
"""
