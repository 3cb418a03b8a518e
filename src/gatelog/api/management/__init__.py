"""The ARM face of the catalog: Azure's management REST API, answered synchronously.

routes.py      routes(...): the Starlette routes, and one request from address to answer
addresses.py   a URL path -> what it names: a resource, a collection, an action
reading.py     GET and HEAD: resources, lists, pages
writing.py     PUT, PATCH, DELETE: what each changes
actions.py     POST: listSecrets, regenerate, listValue, listKeys, ...
rendering.py   Resource -> Azure's JSON
errors.py      problems -> Azure's error envelope
activity.py    every write on the record
console.py     the test console: one call through the gateway with its policy trace
tokens.py      API tokens
configuring.py the whole configuration: apply, export
described.py   the OpenAPI document of all this
"""

from gatelog.api.management.face import Face
from gatelog.api.management.routes import routes

__all__ = ["Face", "routes"]
