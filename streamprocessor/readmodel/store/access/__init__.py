"""Who may sign in beside those of the settings: tokens that people made, and the sessions that these opened."""
