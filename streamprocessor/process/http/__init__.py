"""HTTP as every process of ours speaks it: the server and its connections, health, and who asks."""
