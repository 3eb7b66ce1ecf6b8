"""Wire formats of SDKs and programs: one module a format, from its requests to events of the contract."""
