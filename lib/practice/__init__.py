"""Nonlinear networks on digits, with what practice adds to descent: notebooks 5x."""
