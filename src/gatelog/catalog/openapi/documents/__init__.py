"""OpenAPI documents of the Azure OpenAI data plane and of OpenAI's own API, written for gatelog."""
