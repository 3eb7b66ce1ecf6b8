"""Topics as data, their JSON Schemas, and the AsyncAPI document made of both."""
