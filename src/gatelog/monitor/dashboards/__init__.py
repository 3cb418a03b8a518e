"""The dashboards that ship with gatelog: one YAML file each, with KQL inside. docs/dashboards.md describes the format.

Every query may use `_from`, `_to` and `_step`; they are declared and filled in by whoever shows the dashboard.
"""
