"""The answer across the families: one network on which every mechanism is looked for: notebooks 0x."""
