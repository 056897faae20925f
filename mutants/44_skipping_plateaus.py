"""The wrong theories that 44_skipping_plateaus must reject."""


def second_pair(patch):
    """The jump goes along the second pair.

    Fails: 44.1a, 44.1b, 44.5a, 44.5b
    """
    patch(
        "stagewise.jump",
        lambda old: lambda *given, **named: old(*given, **(named | {"pair": 1})),
    )


def half_the_line_search(patch):
    """The line search takes twice the curvature: half the step.

    Fails: 44.1g, 44.1h
    """
    patch("stagewise._curvature", lambda old: lambda *given: 2 * old(*given))


def curvature_left_out(patch):
    """The line search ignores the inputs: curvature 1.

    Fails: 44.1g, 44.1h
    """
    patch("stagewise._curvature", lambda old: lambda *given: 0 * old(*given) + 1)


def used_directions_left_in(patch):
    """The jump without step 3.

    Fails: 44.1c, 44.1d
    """
    patch(
        "stagewise.jump",
        lambda old: lambda *given, **named: old(*given, **(named | {"clear_used": False})),
    )


def first_plateau_only(patch):
    """One jump, at the origin, is enough.

    Fails: 44.1c, 44.1d, 44.1i, 44.1j, 44.1k, 44.1l
    """

    def wrap(old):
        def run(*given, **named):
            most = named.get("most_jumps", 1)
            return old(*given, **(named | {"most_jumps": min(1, most)}))

        return run

    patch("stagewise.staged_descent", wrap)


def short_jump(patch):
    """A jump to a hundredth of the length.

    Fails: 44.1g, 44.1h, 44.1i
    """
    patch("stagewise.stretch", lambda old: lambda w, d, length, used: old(w, d, length / 100, used))


def noisy_detector(patch):
    """A plateau is where the loss falls by less than a hundredth a step.

    Fails: 44.3a
    """
    patch(
        "stagewise.staged_descent",
        lambda old: lambda *given, **named: old(*given, **(named | {"quiet": 1e-2})),
    )


def all_units_stretched(patch):
    """The plateau skipped by a larger start: all units are scaled up, in every direction.

    Fails: 44.5a, 44.5b
    """

    def wrap(old):
        def stretch(weights, direction, length, used):
            size = sum(w.square().sum((-2, -1)) for w in weights).sqrt()
            grown = (length / size).clamp(min=1)[:, None, None]
            return tuple(grown * w for w in weights)

        return stretch

    patch("stagewise.stretch", wrap)


def relu_jump_without_growth(patch):
    """The ReLU jump leaves the units as long as they are.

    Fails: 44.3c
    """
    patch("stagewise.relu_jump", lambda old: lambda w, x, y, size, iterations: w)
