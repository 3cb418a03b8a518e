"""Delivers log-to-eventhub messages from the journal to where they belong, each logger at its own pace.

interface.py    Message, Sink: the contract; errors
file.py         JSON lines, one file for each logger and partition
kafka.py        Apache Kafka, and Azure Event Hubs by its Kafka endpoint
destination.py  which sink a logger means: the one table of URL schemes
deliver.py      Delivery: journal from its own offset -> one sink, at least once and in order
"""
