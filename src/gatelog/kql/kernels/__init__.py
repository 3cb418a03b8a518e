"""Python where SQL says it badly: functions over JSON arrays and over Arrow tables. Pure."""
