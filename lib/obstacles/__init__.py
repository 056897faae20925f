"""What stands in the way of training, measured: notebooks 1x."""
