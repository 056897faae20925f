"""The checks that every subject makes: is this a whole number that is allowed, and is that a generator?"""

import numpy as np


def whole_number(name: str, value: float, least: int = 1, most: int | None = None) -> int:
    """`value` as an int. Raises ValueError, naming the parameter, unless it is whole and in least..most.

    >>> whole_number("depth", 3.0)
    3
    >>> whole_number("depth", 2.5)
    Traceback (most recent call last):
    ValueError: depth must be a whole number >= 1, got 2.5
    """
    try:
        found = None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or found != value or found < least or (most is not None and found > most):
        allowed = f">= {least}" if most is None else f"in {least}..{most}"
        raise ValueError(f"{name} must be a whole number {allowed}, got {value}")
    return found


def generator(rng: np.random.Generator) -> np.random.Generator:
    """`rng`. Raises ValueError unless it is a numpy generator.

    >>> generator(0)
    Traceback (most recent call last):
    ValueError: rng must be a numpy generator, got int
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy generator, got {type(rng).__name__}")
    return rng
