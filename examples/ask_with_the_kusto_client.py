"""Ask the workspace with the client of Azure Data Explorer."""

import os

from azure.kusto.data import KustoClient, KustoConnectionStringBuilder

connection = KustoConnectionStringBuilder.with_aad_application_token_authentication(os.environ["API"], os.environ["ADMIN_KEY"])
with KustoClient(connection) as client:
    answer = client.execute("gatelog", "GatelogCalls | summarize Calls = count(), Tokens = sum(TotalTokens) by ModelName")
    for row in answer.primary_results[0]:
        print(f"{row['ModelName'] or 'no model':32} {row['Calls']:6} calls {row['Tokens'] or 0:8} tokens")
