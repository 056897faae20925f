"""The wrong theories that 43_stagewise_networks must reject."""

import torch


def relu_units_as_if_linear(patch):
    """Lemma 1 with D_i = I for ReLU units.

    Fails: 43.1b
    """

    def wrap(old, weights, inputs, outputs, rate, activation="linear"):
        return old(weights, inputs, outputs, rate)

    patch("stages.two_layer.unit_matrices", wrap)


def matrix_of_the_wrong_sign(patch):
    """Lemma 1's off-diagonal blocks with their sign turned.

    Fails: 43.1a, 43.1b, 43.1d
    """
    patch(
        "stages.two_layer.unit_matrices",
        lambda old, w, x, y, rate, activation="linear": old(w, x, y, -rate, activation),
    )


def exponent_of_gradient_flow(patch):
    """Theorem 1's exponent as 1 - s2/s1, whatever the step size.

    Fails: 43.2b
    """
    patch(
        "stages.two_layer.misalignment_exponent",
        lambda old, speeds, rate: 1 - speeds[..., 1] / speeds[..., 0],
    )


def exponent_of_the_third_speed(patch):
    """Theorem 1's exponent with s3 in place of s2.

    Fails: 43.2a, 43.2b, 43.2d
    """
    patch(
        "stages.two_layer.misalignment_exponent",
        lambda old, speeds, rate: old(speeds[..., [0, 2]], rate),
    )


def second_direction(patch):
    """Units turn to the second growing direction, not the first.

    Fails: 43.2a, 43.2b, 43.2c, 43.2d, 43.2e, 43.2f
    """

    def wrap(old, matrix):
        speeds, found = old(matrix)
        return speeds, found[..., [1, 0, *range(2, found.shape[-1])]]

    patch("stages.two_layer.growing_directions", wrap)


def one_matrix_for_all_saddles(patch):
    """At every saddle the matrix of the origin: nothing is taken out.

    Fails: 43.2f, 43.2g, 43.4b
    """
    patch("stages.two_layer.saddle_matrix", lambda old, cxx, cyx, rank: old(cxx, cyx, 0))


def saddles_without_the_half(patch):
    """Reduced-rank losses with the whole of each sigma^2 taken off, not half.

    Fails: 43.3b
    """

    def wrap(old, cxx, cyx, cyy):
        found = old(cxx, cyx, cyy)
        return (2 * found - found[..., :1]).clamp(min=1e-3)

    patch("stages.two_layer.saddle_losses", wrap)


def saddles_of_white_inputs(patch):
    """Saddles from the singular values of Cyx, as if inputs were white.

    Fails: 43.3b
    """

    def wrap(old, cxx, cyx, cyy):
        sizes = torch.linalg.svdvals(cyx)
        drops = torch.cat((torch.zeros_like(sizes[..., :1]), sizes.square().cumsum(-1)), -1)
        return (cyy.unsqueeze(-1) - drops / 2).clamp(min=1e-3)

    patch("stages.two_layer.saddle_losses", wrap)


def waits_of_gradient_flow(patch):
    """Waits of 1/(eta s) steps, not 1/log(1 + eta s).

    Fails: 43.4a
    """
    patch(
        "stages.stagewise.steps_per_log_scale",
        lambda old, cxx, cyx, rate, stages: old(cxx, cyx, 1e-6, stages) * 1e-6 / rate,
    )


def nothing_grows_during_a_wait(patch):
    """Each stage waits for the whole log(1/eps) at its own speed.

    Fails: 43.4b
    """

    def wrap(old, cxx, cyx, rate, stages):
        from lib.stages.two_layer import saddle_matrix

        tops = [torch.linalg.svdvals(saddle_matrix(cxx, cyx, k))[..., 0] for k in range(stages)]
        return 1 / torch.log1p(rate * torch.stack(tops, -1))

    patch("stages.stagewise.steps_per_log_scale", wrap)


def lemma_2_at_half_the_rate(patch):
    """Lemma 2 with growth by (1 + eta |M|)^(1/2) a step.

    Fails: 43.5a, 43.5d
    """

    def wrap(old, *given, **named):
        found = old(*given, **named)
        return found | {"bound": found["bound"] / 2}

    patch("stages.two_layer.transported_residual", wrap)


def only_directions_near_the_exit(patch):
    """The projection of lemma 2 sought within a tenth of the arc from the exit.

    Fails: 43.5d
    """
    patch("stages.two_layer.fixed_residuals", lambda old, drop, arc: old(drop, 0.1 * arc))


def nonlinear_units_from_a_large_start(patch):
    """Stages of ReLU networks without a small start.

    Fails: 43.6a
    """
    patch.parameters(nonlinear_scale=1e-2)


def levels_one_rank_off(patch):
    """Nonlinear networks of rank 1 rest at the linear network's loss of rank 0.

    Fails: 43.6e, 43.6f
    """

    def wrap(old, falls, losses, levels):
        found, at = old(falls, losses, levels)
        return found, at * levels[:, :1] / levels[:, 1:2]

    patch("stages.stagewise.plateau_depths", wrap)


def layer_wise_descent_makes_the_rank_small(patch):
    """Layer-wise descent brings sigma_2/sigma_1 to half of plain descent's.

    Fails: 43.7e, 43.7f
    """

    def wrap(old, *given, scheme, **named):
        found = old(*given, scheme=scheme, **named)
        return found | {"spread": found["spread"] / (1 + (scheme == "layer-wise"))}

    patch("stages.stagewise.rank_one_plateau", wrap)


def the_rest_grows_with_the_first(patch):
    """The second singular value goes with the square root of the start scale.

    Fails: 43.7a, 43.7b, 43.7g
    """

    def wrap(old, *given, **named):
        found = old(*given, **named)
        return found | {"spread": found["spread"].sqrt()}

    patch("stages.stagewise.rank_one_plateau", wrap)


def misalignment_as_energy(patch):
    """Theorem 1's ratio as one of squares.

    Fails: 43.2a, 43.2b, 43.2c
    """
    patch(
        "stages.two_layer.misalignment",
        lambda old, omega, direction: old(omega, direction) ** 2,
    )


def best_unit_for_the_worst(patch):
    """The unit that lags most is no further behind than the first to turn.

    Fails: 43.2k
    """

    def wrap(old, omega, direction):
        found = old(omega, direction)
        return found.amin(-1, keepdim=True).expand(found.shape)

    patch("stages.two_layer.unit_misalignment", wrap)


def saddles_use_the_directions_of_cyx(patch):
    """At the saddle of rank k the top singular vectors of Cyx are used, as if inputs were white.

    Fails: 43.2f, 43.2g, 43.2h, 43.2i
    """

    def wrap(old, cxx, cyx, rank):
        used = torch.linalg.svd(cyx, full_matrices=False).U[..., :rank]
        return cyx - used @ (used.mT @ cyx)

    patch("stages.two_layer.saddle_matrix", wrap)


def inputs_are_white(patch):
    """The inputs' spread does not matter.

    Fails: 43.2c, 43.5e
    """
    patch.parameters(input_variances=[1, 1])


def bends_change_nothing(patch):
    """ReLU and tanh networks go through the very stages of linear ones.

    Fails: 43.6c, 43.6d
    """
    patch(
        "stages.two_layer._hidden",
        lambda old, weights, inputs, activation: old(weights, inputs, "linear"),
    )


def directions_need_not_be_well_apart(patch):
    """Every saddle holds a run, however close the singular values.

    Fails: 43.3a
    """
    patch.parameters(singular_values=[3, 1.5, 0.75])


def layers_plateau_from_any_start(patch):
    """Deep networks have the plateau of rank 1 whatever the start scale.

    Fails: 43.7c, 43.7d
    """
    patch.parameters(layer_scales=[0.1, 0.09, 0.085, 0.08])
