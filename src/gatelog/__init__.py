"""The gate and its log: gateway, log workspace and portal for OpenAI and Azure OpenAI traffic.

Floors, lowest last; a part imports only from floors below its own (`pyproject.toml` enforces it):

    cli                  the commands `gatelog demo|serve|query|import|run|doctor|...`
    server               composition root: which parts a process needs, started in order
    api                  HTTP faces of the workspace: Kusto, Log Analytics, management (ARM), monitor, intake
    monitor              metrics, alert rules, anomaly, notification
    gateway workspace intake sinks simulator
    catalog              Api, Operation, Product, Subscription, Backend, ... and how they are configured
    policy kql journal storage identity
    llm                  OpenAI wire formats: chat, completions, responses, embeddings; SSE; usage; tokens
    record               what happened: Request, Response, Exchange, the events and their bytes
    schema config clock
    errors
"""
