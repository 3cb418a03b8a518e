/** Queries to start from: those of the workshop, and what people ask most. */
export const SAMPLES: [string, string][] = [
  [
    "Latest calls",
    `ApiManagementGatewayLogs
| where TimeGenerated > ago(1h)
| project TimeGenerated, OperationId, ResponseCode, TotalTime, CallerIpAddress, ApimSubscriptionId
| order by TimeGenerated desc`,
  ],
  [
    "Tokens by model over time",
    `GatelogCalls
| where TimeGenerated > ago(1h)
| summarize Tokens = sum(TotalTokens) by bin(TimeGenerated, 1m), ModelName
| render timechart`,
  ],
  [
    "Tokens of each caller",
    `ApiManagementGatewayLogs
| where TimeGenerated > ago(1d)
| extend Answer = parse_json(BackendResponseBody)
| summarize Prompt = sum(tolong(Answer.usage.prompt_tokens)), Completion = sum(tolong(Answer.usage.completion_tokens)), Calls = count() by CallerIpAddress, Model = tostring(Answer.model)
| order by Calls desc`,
  ],
  [
    "Prompts and completions",
    `ApiManagementGatewayLogs
| where TimeGenerated > ago(1d) and OperationId == "ChatCompletions_Create"
| extend Request = parse_json(RequestBody), Answer = parse_json(BackendResponseBody)
| project TimeGenerated, Prompt = tostring(Request.messages[-1].content), Completion = tostring(Answer.choices[0].message.content)
| take 100`,
  ],
  [
    "Failures by reason",
    `ApiManagementGatewayLogs
| where TimeGenerated > ago(1d) and ResponseCode >= 400
| summarize Calls = count() by tostring(ResponseCode), OperationId, LastErrorReason
| order by Calls desc`,
  ],
  [
    "Time to response, percentiles",
    `GatelogCalls
| where TimeGenerated > ago(1h)
| summarize P50 = percentile(TotalTime, 50), P95 = percentile(TotalTime, 95) by bin(TimeGenerated, 1m)
| render timechart`,
  ],
  [
    "Calls by deployment",
    `GatelogCalls
| where TimeGenerated > ago(1d)
| summarize Calls = count() by DeploymentName
| render piechart`,
  ],
];
