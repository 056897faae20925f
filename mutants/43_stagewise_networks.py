"""The wrong theories that 43_stagewise_networks must reject."""

import torch


def inputs_are_the_cause(patch):
    """Anisotropic inputs make stages whatever the teacher does: it undoes nothing.

    Fails: 43.1b
    """
    patch(
        "stages.two_layer.moments",
        lambda right, inputs, outputs: right(
            inputs,
            (inputs if outputs.shape[-2] == inputs.shape[-2] else outputs),
        ),
    )


def teacher_is_the_cause(patch):
    """An orthogonal teacher has one stage: the spread of the inputs does not enter.

    Fails: 43.1a
    """

    def white(right, seeds, rng, *, variances, **named):
        variances = torch.ones(len(variances)) if len(variances) == 3 else variances
        return right(seeds, rng, variances=variances, **named)

    patch("stages.two_layer.teacher_problem", white)


def exponent_of_gradient_flow(patch):
    """Theorem 1's exponent as 1 - s2/s1, whatever the step size.

    Fails: 43.2b, 43.2d
    """
    patch(
        "stages.two_layer.misalignment_exponent",
        lambda right, speeds, rate: 1 - speeds[..., 1] / speeds[..., 0],
    )


def exponent_of_the_third_speed(patch):
    """Theorem 1's exponent with s3 in place of s2.

    Fails: 43.2a, 43.2b, 43.2c, 43.2d
    """
    patch(
        "stages.two_layer.misalignment_exponent",
        lambda right, speeds, rate: right(speeds[..., [0, 2]], rate),
    )


def second_direction(patch):
    """Units turn to the second growing direction, not the first.

    Fails: 43.2a, 43.2c
    """

    def wrong(right, matrix):
        speeds, found = right(matrix)
        return speeds, found[..., [1, 0, *range(2, found.shape[-1])]]

    patch("stages.two_layer.growing_directions", wrong)


def misalignment_as_energy(patch):
    """Theorem 1's ratio as one of squares.

    Fails: 43.2a, 43.2c, 43.5g
    """
    patch(
        "stages.two_layer.misalignment",
        lambda right, omega, direction: right(omega, direction) ** 2,
    )


def whitened_classifier(patch):
    """Under cross-entropy the speeds are those of whitened inputs.

    Fails: 43.2c, 43.2d
    """

    def wrong(right, weights, problem, ratios, *, learning_rate, slope=None, **named):
        from lib.stages.two_layer import growing_directions, misalignment_exponent

        if slope is None:
            return right(weights, problem, ratios, learning_rate=learning_rate)
        found, _ = right(weights, problem, ratios, learning_rate=learning_rate, slope=slope)
        x, y = problem
        values, vectors = torch.linalg.eigh(x @ x.mT / x.shape[-1])
        root = (vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT
        speeds = growing_directions((y - y.mean(-1, keepdim=True)) @ x.mT / x.shape[-1] @ root)[0]
        return found, misalignment_exponent(speeds, learning_rate)

    patch("stages.two_layer.exit_misalignment", wrong)


def saddles_without_the_half(patch):
    """Reduced-rank losses with the whole of each sigma^2 taken off, not half.

    Fails: 43.3a
    """

    def wrong(right, cxx, cyx, cyy):
        found = right(cxx, cyx, cyy)
        return (2 * found - found[..., :1]).clamp(min=1e-3)

    patch("stages.two_layer.saddle_losses", wrong)


def saddles_of_white_inputs(patch):
    """Saddles from the singular values of Cyx, as if inputs were white.

    Fails: 43.3a
    """

    def wrong(right, cxx, cyx, cyy):
        sizes = torch.linalg.svdvals(cyx)
        drops = torch.cat((torch.zeros_like(sizes[..., :1]), sizes.square().cumsum(-1)), -1)
        return (cyy.unsqueeze(-1) - drops / 2).clamp(min=1e-3)

    patch("stages.two_layer.saddle_losses", wrong)


def truncated_classifier(patch):
    """The saddle of rank k under cross-entropy is the best classifier cut to rank k.

    Fails: 43.3b
    """

    def wrong(right, inputs, labels, rank, rng):
        from lib.stages.cross_entropy import cross_entropy, cross_entropy_slope

        w = torch.zeros(len(inputs), labels.shape[1], inputs.shape[1], dtype=torch.float64)
        for _ in range(1000):
            w = w - 0.5 * cross_entropy_slope(w, inputs, labels)
        u, s, v = torch.linalg.svd(w, full_matrices=False)
        cut = u[..., :rank] * s[:, None, :rank] @ v[:, :rank]
        return cross_entropy(cut, inputs, labels)

    patch("stages.cross_entropy.best_of_rank", wrong)


def waits_of_gradient_flow(patch):
    """Waits of 1/(eta s) steps, not 1/log(1 + eta s).

    Fails: 43.3c
    """
    patch(
        "stages.stagewise.steps_per_log_scale",
        lambda right, cxx, cyx, rate, stages: right(cxx, cyx, 1e-6, stages) * 1e-6 / rate,
    )


def nothing_grows_during_a_wait(patch):
    """Each stage waits for the whole log(1/eps) at its own speed.

    Fails: 43.3c
    """

    def wrong(right, cxx, cyx, rate, stages):
        from lib.stages.two_layer import saddle_matrix

        tops = [torch.linalg.svdvals(saddle_matrix(cxx, cyx, k))[..., 0] for k in range(stages)]
        return 1 / torch.log1p(rate * torch.stack(tops, -1))

    patch("stages.stagewise.steps_per_log_scale", wrong)


def one_matrix_for_all_saddles(patch):
    """At every saddle the matrix of the origin: nothing is taken out.

    Fails: 43.3c, 43.5n
    """
    patch("stages.two_layer.saddle_matrix", lambda right, cxx, cyx, rank: right(cxx, cyx, 0))


def levels_one_rank_off(patch):
    """Nonlinear networks of rank 1 rest at the linear network's loss of rank 0.

    Fails: 43.4a, 43.4b
    """

    def wrong(right, falls, losses, levels):
        found, at = right(falls, losses, levels)
        return found, at * levels[:, :1] / levels[:, 1:2]

    patch("stages.stage_records.plateau_depths", wrong)


def relu_units_as_if_linear(patch):
    """Lemma 1 with D_i = I for ReLU units.

    Fails: 43.5i
    """
    patch(
        "stages.two_layer.unit_matrices",
        lambda right, weights, inputs, outputs, rate, activation="linear": right(
            weights, inputs, outputs, rate
        ),
    )


def matrix_of_the_wrong_sign(patch):
    """Lemma 1's off-diagonal blocks with their sign turned.

    Fails: 43.5i, 43.5k
    """
    patch(
        "stages.two_layer.unit_matrices",
        lambda right, w, x, y, rate, activation="linear": right(w, x, y, -rate, activation),
    )


def lemma_2_at_half_the_rate(patch):
    """Lemma 2 with growth by (1 + eta |M|)^(1/2) a step.

    Fails: 43.5l
    """

    def wrong(right, *given, **named):
        found = right(*given, **named)
        return found | {"bound": found["bound"] / 2}

    patch("stages.two_layer.transported_residual", wrong)


def only_directions_near_the_exit(patch):
    """The projection of lemma 2 lies within a tenth of the arc from the exit.

    Fails: 43.5m
    """
    patch("stages.two_layer.fixed_residuals", lambda right, drop, arc: right(drop, 0.1 * arc))


def layer_wise_descent_makes_the_rank_small(patch):
    """Layer-wise descent brings sigma_2/sigma_1 to half of plain descent's.

    Fails: 43.5r
    """

    def wrong(right, *given, scheme, **named):
        found = right(*given, scheme=scheme, **named)
        return found | {"spread": found["spread"] / (1 + (scheme == "layer-wise"))}

    patch("stages.layerwise.rank_one_plateau", wrong)


def the_rest_grows_with_the_first(patch):
    """The second singular value goes with the square root of the start scale.

    Fails: 43.5q
    """

    def wrong(right, *given, **named):
        found = right(*given, **named)
        return found | {"spread": found["spread"].sqrt()}

    patch("stages.layerwise.rank_one_plateau", wrong)


def directions_need_not_be_well_apart(patch):
    """Every saddle holds a run, however close the singular values.

    Fails: 43.5h
    """
    patch.parameters(singular_values=[3, 1.5, 0.75])
