"""`replay`: what another model would have made of all that came."""
