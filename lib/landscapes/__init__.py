"""Critical points: how many, of which index, at which loss, and how they are left: notebooks 2x."""
