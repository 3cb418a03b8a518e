"""Platform metrics of Azure OpenAI and API Management, counted from GatelogCalls; `gatelog.monitor` has the map."""
