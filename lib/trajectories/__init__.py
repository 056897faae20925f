"""Where descent on deep linear networks goes, and whether it arrives: notebooks 3x."""
