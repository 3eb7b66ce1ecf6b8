"""`status`: what is found out, what it comes to, and how it is printed."""
