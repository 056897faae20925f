"""The wrong theories that 44_skipping_plateaus must reject."""

import torch


def _few(patch):
    """Where the rows are far from their bounds, fewer problems do."""
    patch.parameters(seeds=12, hidden_problems=60)


def second_direction(patch):
    """The jump along one direction takes the second, not the fastest.

    Fails: 44.5c
    """
    _few(patch)
    patch(
        "stages.stagewise.jump", lambda right, *given, **named: right(*given, **{"pair": 1} | named)
    )


def fastest_direction_alone(patch):
    """Nothing but the fastest direction need be carried.

    Fails: 44.3a, 44.3b, 44.3c
    """
    from lib.stages.stagewise import jump

    patch(
        "stages.stagewise.fast_forward",
        lambda right, w, slope, problem, *, learning_rate, size=None: jump(
            w, slope, problem, size=size
        ),
    )


def one_power_for_all_directions(patch):
    """All growing directions grow by the power of the fastest.

    Fails: 44.2b, 44.3a
    """
    _few(patch)
    patch(
        "stages.stagewise.growth_rates",
        lambda right, speeds, rate: right(speeds[..., :1], rate).expand(speeds.shape),
    )


def neighbours_share(patch):
    """Which unit grows how far does not matter: each takes the share of the next one.

    Fails: 44.2b
    """
    _few(patch)

    def wrong(right, weights, *given, **named):
        moved = right(weights, *given, **named)
        return tuple(
            old + (new - old).roll(1, axis)
            for old, new, axis in zip(weights, moved, (-2, -1), strict=True)
        )

    patch("stages.stagewise.fast_forward", wrong)


def used_directions_left_in(patch):
    """No direction is taken out of the jump of one direction.

    Fails: 44.5c
    """
    _few(patch)
    patch(
        "stages.stagewise.jump",
        lambda right, *given, **named: right(*given, **(named | {"clear_used": False})),
    )


def half_the_line_search(patch):
    """The line search takes twice the curvature: half the step.

    Fails: 44.5c
    """
    _few(patch)
    patch("stages.stagewise._curvature", lambda right, *given: 2 * right(*given))


def curvature_left_out(patch):
    """The line search ignores the inputs and the mask: curvature 1.

    Fails: 44.5c
    """
    _few(patch)
    patch("stages.stagewise._curvature", lambda right, *given: 0 * right(*given) + 1)


def first_plateau_only(patch):
    """One jump, at the origin, is enough.

    Fails: 44.1a, 44.1b
    """
    from dataclasses import replace

    _few(patch)
    patch(
        "stages.stagewise.staged_descent",
        lambda right, *given, jumps, **named: right(*given, jumps=replace(jumps, most=1), **named),
    )


def noisy_detector(patch):
    """A plateau is where the loss falls by less than a thousandth a step.

    Fails: 44.5d
    """
    from dataclasses import replace

    _few(patch)
    patch(
        "stages.stagewise.staged_descent",
        lambda right, *given, jumps, **named: right(
            *given, jumps=replace(jumps, quiet=1e-3), **named
        ),
    )


def all_units_stretched(patch):
    """The plateau is skipped by a larger start: all units are scaled up, in every direction.

    Fails: 44.3a, 44.2b
    """
    _few(patch)

    def wrong(right, weights, slope, problem, *, learning_rate, size=None):
        length = sum(w.square().sum((-2, -1)) for w in weights).sqrt()
        grown = ((size or 0.3) / length).clamp(min=1)[:, None, None]
        return tuple(grown * w for w in weights)

    patch("stages.stagewise.fast_forward", wrong)


def growth_by_a_factor(patch):
    """A jump makes what waits ten times longer, wherever it comes from.

    Fails: 44.1a
    """
    _few(patch)

    def wrong(right, weights, slope, problem, *, learning_rate, size=None):
        omega = torch.cat((weights[0], weights[1].mT), -1)
        reach = 10 * torch.linalg.svdvals(omega)[:, -1:]
        return right(
            weights, slope, problem, learning_rate=learning_rate, size=reach.clamp(max=0.3)
        )

    patch("stages.stagewise.fast_forward", wrong)


def saddles_of_white_inputs(patch):
    """The saddles lie at the singular values of Cyx, as if inputs were white.

    Fails: 44.2a
    """
    _few(patch)

    def wrong(right, cxx, cyx, cyy):
        sizes = torch.linalg.svdvals(cyx)
        drops = torch.cat((torch.zeros_like(sizes[..., :1]), sizes.square().cumsum(-1)), -1)
        return cyy.unsqueeze(-1) - drops / 2

    patch("stages.two_layer.saddle_losses", wrong)


def each_wait_starts_afresh(patch):
    """Plain descent pays the whole log(1/eps) at each saddle.

    Fails: 44.5a
    """
    _few(patch)

    def wrong(right, cxx, cyx, rate, stages):
        from lib.stages.two_layer import saddle_matrix

        tops = [torch.linalg.svdvals(saddle_matrix(cxx, cyx, k))[..., 0] for k in range(stages)]
        return 1 / torch.log1p(rate * torch.stack(tops, -1))

    patch("stages.stagewise.steps_per_log_scale", wrong)


def unseen_entries_in_the_matrix(patch):
    """The jump's M holds the unseen entries too, counted as zero.

    Fails: 44.3a
    """
    _few(patch)

    def wrong(right, weights, slope, problem, **named):
        if problem[0].shape == problem[1].shape:  # a target and its mask
            return right(weights, lambda w, t, m, *_: w - m * t, problem, **named)
        return right(weights, slope, problem, **named)

    patch("stages.stagewise.fast_forward", wrong)


def relu_jump_without_growth(patch):
    """The ReLU jump leaves the units as long as they are.

    Fails: 44.4a
    """
    _few(patch)
    patch("stages.stagewise.relu_jump", lambda right, w, x, y, size, iterations: w)


def relu_units_merely_longer(patch):
    """A plateau of ReLU units is skipped by scaling the start up.

    Fails: 44.5s
    """
    _few(patch)

    def wrong(right, weights, inputs, outputs, *, size, iterations):
        omega = torch.cat((weights[0], weights[1].mT), -1)
        factor = size / omega.norm(dim=-1).amax(-1)[:, None, None]
        return tuple(factor * w for w in weights)

    patch("stages.stagewise.relu_jump", wrong)


def relu_units_turned_a_little(patch):
    """Three passes of power iteration are enough.

    Fails: 44.5s
    """
    _few(patch)

    def wrong(right, *given, size, iterations):
        return right(*given, size=size, iterations=3)

    patch("stages.stagewise.relu_jump", wrong)


def wait_whatever_the_strength(patch):
    """All modes wait alike: with a third mode of 0.01 every way ends within the same budget.

    Fails: 44.5e
    """
    patch.parameters(weak_teacher=[2, 0.5, 0.01], start_scales=[1e-2, 1e-12], seeds=4)
