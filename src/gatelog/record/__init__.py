"""What happened, as values: the floor that every part speaks in. Pure: no I/O, no clock, no environment.

headers.py    Headers: an ordered multi-map of HTTP fields, names compared without case
exchange.py   Request, Response, Exchange: one call while it passes the gate (mutable, lives in a worker)
events.py     what is journaled: RequestEvent, ResponseEvent, EventHubMessage, ... (frozen) and their bytes
"""
