"""Who asks, and with which parameters: tokens, sessions, cursors."""
