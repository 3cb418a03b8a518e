"""Lists of models and deployments."""

from __future__ import annotations

from collections.abc import Iterable

from gatelog.llm.document import JsonObject
from gatelog.simulator.deployments import CHAT, COMPLETION, EMBEDDING, Deployment

CREATED = 1_680_000_000


def deployment_list(deployments: Iterable[Deployment]) -> JsonObject:
    """`GET /openai/deployments`."""
    return {"data": [_deployment(deployment) for deployment in deployments], "object": "list"}


def deployment_object(deployment: Deployment) -> JsonObject:
    """`GET /openai/deployments/{name}`."""
    return _deployment(deployment)


def model_list(deployments: Iterable[Deployment]) -> JsonObject:
    """`GET /openai/models`: Azure's shape, with what each model can do."""
    distinct = {deployment.model: deployment for deployment in deployments}
    return {"data": [_model(deployment) for deployment in distinct.values()], "object": "list"}


def v1_model_list(deployments: Iterable[Deployment]) -> JsonObject:
    """`GET /openai/v1/models`: OpenAI's shape, by deployment name."""
    data = [
        {"id": deployment.name, "object": "model", "created": CREATED, "owned_by": "azure-openai"} for deployment in deployments
    ]
    return {"object": "list", "data": data}


def _deployment(deployment: Deployment) -> JsonObject:
    return {
        "scale_settings": {"scale_type": "provisioned" if deployment.ptus else "standard"},
        "model": deployment.model,
        "owner": "organization-owner",
        "id": deployment.name,
        "status": "succeeded",
        "created_at": CREATED,
        "updated_at": CREATED,
        "object": "deployment",
    }


def _model(deployment: Deployment) -> JsonObject:
    operations = deployment.operations
    return {
        "capabilities": {
            "fine_tune": CHAT in operations,
            "inference": True,
            "completion": COMPLETION in operations,
            "chat_completion": CHAT in operations,
            "embeddings": EMBEDDING in operations,
        },
        "lifecycle_status": "generally-available",
        "deprecation": {"inference": 1_900_000_000},
        "id": deployment.model,
        "status": "succeeded",
        "created_at": CREATED,
        "updated_at": CREATED,
        "object": "model",
    }
