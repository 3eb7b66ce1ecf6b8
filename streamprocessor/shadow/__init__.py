"""The shadow: a candidate model that is scored live beside the one in force, and how both compare."""
