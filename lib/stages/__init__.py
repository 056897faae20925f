"""Descent from small starts, from saddle to saddle: notebooks 4x."""
