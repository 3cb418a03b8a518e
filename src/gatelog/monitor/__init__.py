"""What is watched: platform metrics now; alert rules and notification stand here too.

metrics/definitions.py   every metric: one row each, its value and dimensions in KQL over GatelogCalls
metrics/series.py        a metric over a time range, split and filtered, by the minute or coarser
metrics/filters.py       the metrics API's `$filter` language
metrics/rollup.py        finished minutes -> AzureMetrics and AzureMetricsV2, once
"""
