"""Models, exact gradients, measurements and published predictions behind the notebooks."""
