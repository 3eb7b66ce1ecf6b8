"""What all endpoints share: the context of a process, who may ask, and the route that answers problems."""
