"""Who asks, in which words, and the words of the answers."""
