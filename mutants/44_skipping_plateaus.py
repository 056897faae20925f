"""The wrong theories that 44_skipping_plateaus must reject."""

import torch


def second_pair(patch):
    """The jump goes along the second pair.

    Fails: 44.1a, 44.1b, 44.5a, 44.5b
    """
    patch(
        "stages.stagewise.jump",
        lambda old, *given, **named: old(*given, **(named | {"pair": 1})),
    )


def half_the_line_search(patch):
    """The line search takes twice the curvature: half the step.

    Fails: 44.1g, 44.1h, 44.5g
    """
    patch("stages.stagewise._curvature", lambda old, *given: 2 * old(*given))


def curvature_left_out(patch):
    """The line search ignores the inputs and the mask: curvature 1.

    Fails: 44.1g, 44.1h, 44.5g
    """
    patch("stages.stagewise._curvature", lambda old, *given: 0 * old(*given) + 1)


def used_directions_left_in(patch):
    """The jump without step 3.

    Fails: 44.1c, 44.1d
    """
    patch(
        "stages.stagewise.jump",
        lambda old, *given, **named: old(*given, **(named | {"clear_used": False})),
    )


def first_plateau_only(patch):
    """One jump, at the origin, is enough.

    Fails: 44.1c, 44.1d, 44.1i, 44.1j, 44.1k, 44.1l
    """

    def wrap(old, *given, **named):
        most = named.get("most_jumps", 1)
        return old(*given, **(named | {"most_jumps": min(1, most)}))

    patch("stages.stagewise.staged_descent", wrap)


def short_jump(patch):
    """A jump to a tenth of the length.

    Fails: 44.1g, 44.1h
    """
    patch(
        "stages.stagewise.stretch",
        lambda old, w, d, length, used: old(w, d, length / 10, used),
    )


def noisy_detector(patch):
    """A plateau is where the loss falls by less than a thousandth a step.

    Fails: 44.3a
    """
    patch(
        "stages.stagewise.staged_descent",
        lambda old, *given, **named: old(*given, **(named | {"quiet": 1e-3})),
    )


def all_units_stretched(patch):
    """The plateau skipped by a larger start: all units are scaled up, in every direction.

    Fails: 44.5a, 44.5b
    """

    def wrap(old, weights, direction, length, used):
        size = sum(w.square().sum((-2, -1)) for w in weights).sqrt()
        grown = (length / size).clamp(min=1)[:, None, None]
        return tuple(grown * w for w in weights)

    patch("stages.stagewise.stretch", wrap)


def relu_jump_without_growth(patch):
    """The ReLU jump leaves the units as long as they are.

    Fails: 44.3c, 44.3d
    """
    patch("stages.stagewise.relu_jump", lambda old, w, x, y, size, iterations: w)


def jump_by_a_factor(patch):
    """The jump makes the component a thousand times longer, and no longer than the fixed length.

    Fails: 44.1c, 44.1d
    """

    def wrap(old, weights, direction, length, active):
        omega = torch.cat((weights[0], weights[1].mT), -1)
        left = torch.linalg.svd(omega, full_matrices=False).U
        unused = torch.arange(left.shape[-1]) >= active.unsqueeze(-1)
        c = (omega @ direction.unsqueeze(-1)).squeeze(-1)
        size = ((left.mT @ c.unsqueeze(-1)).squeeze(-1) * unused).norm(dim=-1)
        return old(weights, direction, torch.minimum(length, 1000 * size), active)

    patch("stages.stagewise.stretch", wrap)


def dying_direction(patch):
    """The jump goes along (a, -b), which dies out.

    Fails: 44.1g, 44.1h
    """

    def wrap(old, weights, direction, length, active):
        turned = direction.clone()
        turned[..., weights[0].shape[-1] :] *= -1
        return old(weights, turned, length, active)

    patch("stages.stagewise.stretch", wrap)


def one_jump_is_as_good_as_all(patch):
    """After the first jump no wait is left.

    Fails: 44.2a, 44.2b
    """

    def wrap(old, *given, **named):
        if named.get("most_jumps") == 1:
            named = named | {"most_jumps": 1000}
        return old(*given, **named)

    patch("stages.stagewise.staged_descent", wrap)


def each_wait_starts_afresh(patch):
    """Plain descent pays the whole log(1/eps) at each saddle.

    Fails: 44.1n, 44.1o
    """

    def wrap(old, cxx, cyx, rate, stages):
        from lib.stages.two_layer import saddle_matrix

        tops = [torch.linalg.svdvals(saddle_matrix(cxx, cyx, k))[..., 0] for k in range(stages)]
        return 1 / torch.log1p(rate * torch.stack(tops, -1))

    patch("stages.stagewise.steps_per_log_scale", wrap)


def saddles_of_white_inputs(patch):
    """The saddles lie at the singular values of Cyx, as if inputs were white.

    Fails: 44.1a, 44.1b
    """

    def wrap(old, cxx, cyx, cyy):
        sizes = torch.linalg.svdvals(cyx)
        drops = torch.cat((torch.zeros_like(sizes[..., :1]), sizes.square().cumsum(-1)), -1)
        return cyy.unsqueeze(-1) - drops / 2

    patch("stages.two_layer.saddle_losses", wrap)


def unseen_entries_in_the_matrix(patch):
    """The jump's M holds the unseen entries too, counted as zero.

    Fails: 44.5g
    """

    def wrap(old, weights, slope, problem, **named):
        if problem[0].shape == problem[1].shape:  # a target and its mask
            return old(weights, lambda w, t, m, *_: w - m * t, problem, **named)
        return old(weights, slope, problem, **named)

    patch("stages.stagewise.jump", wrap)


def relu_units_merely_longer(patch):
    """A plateau of ReLU units is skipped by scaling the start up.

    Fails: 44.3d
    """

    def wrap(old, weights, inputs, outputs, *, size, iterations):
        omega = torch.cat((weights[0], weights[1].mT), -1)
        factor = size / omega.norm(dim=-1).amax(-1)[:, None, None]
        return tuple(factor * w for w in weights)

    patch("stages.stagewise.relu_jump", wrap)


def relu_units_turned_a_little(patch):
    """Three passes of power iteration are enough.

    Fails: 44.3d
    """

    def wrap(old, *given, size, iterations):
        return old(*given, size=size, iterations=3)

    patch("stages.stagewise.relu_jump", wrap)


def relu_jump_helps_from_any_start(patch):
    """At the largest start scale there is no plateau, so none is missed: taken far smaller.

    Fails: 44.3b
    """
    patch.parameters(relu_scales=[1e-6, 1e-7, 1e-8])


def wait_whatever_the_strength(patch):
    """All modes wait alike: with a third mode of 0.02 every way ends within the same budget.

    Fails: 44.1m
    """
    patch.parameters(weak_teacher=[2, 0.5, 0.02], start_scales=[1e-2, 1e-12], seeds=4)
