"""Events -> rows, one file for each table; keys are column names, missing keys are null.

call.py             Call: a request with its response, as all of them read it
gateway_logs.py     ApiManagementGatewayLogs
llm_log.py          ApiManagementGatewayLlmLog
diagnostics.py      AzureDiagnostics (RequestResponse, Audit)
activity.py         AzureActivity
calls.py            GatelogCalls
event_hub.py        EventHubMessages
delivered.py        rows that other programs delivered, into any table
"""
