"""Stream an answer through the gate with the official client; the whole answer is on the record when the last word is here."""

import os

from openai import AzureOpenAI

client = AzureOpenAI(azure_endpoint=os.environ["GATEWAY"], api_key=os.environ["SUBSCRIPTION_KEY"], api_version="2024-10-21")
stream = client.chat.completions.create(
    model="text-turbo",
    messages=[{"role": "user", "content": "Why would a team keep every prompt?"}],
    stream=True,
)
for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
