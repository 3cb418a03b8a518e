"""OpenAPI documents: read, import, update, export.

reading.py     text -> Document (2.0, 3.0, 3.1; JSON or YAML), with line and column of what is wrong
references.py  `#/...` references inside a document
importing.py   Document -> ImportedApi: title, backend address, operations, schemas
updating.py    what an import changes in the catalog: matching by operationId, policies kept
exporting.py   API resources -> an OpenAPI 3.0.1 document
fetching.py    documents behind links, from allowed hosts only
documents/     the Azure OpenAI inference documents, in our own words
"""
