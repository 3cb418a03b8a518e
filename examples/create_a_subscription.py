"""Give a team its own key with Azure's management client. azure-core refuses keys over plain HTTP, so a policy sends it."""

import os

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.apimanagement import ApiManagementClient

GROUP, SERVICE = "gatelog", "gatelog"


class AdminKey(SansIOHTTPPolicy):
    """The administration key, as a credential and as what sends it."""

    def get_token(self, *scopes, **more):
        return AccessToken(os.environ["ADMIN_KEY"], 2**31)

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {os.environ['ADMIN_KEY']}"


client = ApiManagementClient(
    credential=AdminKey(),
    subscription_id="00000000-0000-0000-0000-000000000000",
    base_url=os.environ["API"],
    authentication_policy=AdminKey(),
)
client.subscription.create_or_update(
    GROUP, SERVICE, "team-blue", {"properties": {"scope": "/products/openai", "displayName": "Team Blue"}}
)
print(client.subscription.list_secrets(GROUP, SERVICE, "team-blue").primary_key)
