"""The wrong theories that 46_sparse_stages must reject."""

import numpy as np


def _few(patch):
    """Where the ends of descent are not the point, few of them."""
    patch.parameters(problems=10, scales=[1.0])


def the_least_norm_from_every_start(patch):
    """Descent ends at the solution of least norm, whatever the start.

    Fails: 46.1a
    """
    from lib.stages.diagonal import least_norm

    patch("stages.diagonal.interpolator", lambda right, regression, *_: least_norm(regression))


def the_start_without_its_square(patch):
    """The potential has the scale of the start where its square belongs.

    Fails: 46.1a
    """
    patch(
        "stages.diagonal.interpolator",
        lambda right, regression, scale: right(regression, scale**0.5),
    )


def half_of_the_correction(patch):
    """The steps take half of what they do from u v.

    Fails: 46.1b
    """

    def halved(right, regression, scale, *given):
        end = right(regression, scale, *given)
        return end._replace(kept=(end.kept * scale).sqrt())

    patch("stages.diagonal.descend_from", halved)


def the_correction_is_one_number(patch):
    """The steps take the same from every coordinate: the geometric mean.

    Fails: 46.1b
    """

    def alike(right, *given):
        end = right(*given)
        mean = end.kept.log().mean(-1, keepdim=True).exp()
        return end._replace(kept=mean.expand_as(end.kept))

    patch("stages.diagonal.descend_from", alike)


def a_small_start_is_not_small(patch):
    """Sparse ends need no small start: a thirtieth of one will do.

    Fails: 46.2a
    """
    patch(
        "stages.diagonal.descend_from",
        lambda right, regression, scale, *given: right(regression, max(scale, 0.03), *given),
    )


def a_large_start_is_sparse_too(patch):
    """The least sum of sizes, not of squares, is where large starts end.

    Fails: 46.2b
    """
    from lib.stages.diagonal import least_l1

    patch("stages.diagonal.least_norm", lambda right, regression: least_l1(regression))


def twice_the_wait(patch):
    """Coordinates grow at the rate g: u in place of u^2 is what has to reach 1.

    Fails: 46.3a, 46.3b
    """
    from dataclasses import replace

    _few(patch)
    patch(
        "stages.diagonal.staircase",
        lambda right, *given: (lambda s: replace(s, times=2 * s.times))(right(*given)),
    )


def the_schedule_of_the_flow(patch):
    """Steps climb the stairs of the flow.

    Fails: 46.3b
    """
    _few(patch)
    patch("stages.diagonal.staircase", lambda right, x, y, rate=0.0: right(x, y))


def the_correction_of_steps_turned_round(patch):
    """Steps are early, not late: ln(1 - 2 rate g) for ln(1 + 2 rate g).

    Fails: 46.3b
    """
    _few(patch)
    patch("stages.diagonal.staircase", lambda right, x, y, rate=0.0: right(x, y, -rate))


def waits_by_the_first_gradient(patch):
    """Every coordinate waits for 1 / |2 g_j| of the first gradient: the data at the start order all.

    Fails: 46.3a, 46.3c
    """
    from lib.stages.diagonal import Staircase

    _few(patch)

    def by_first(right, x, y, rate=0.0):
        n, d = x.shape
        g = 2 * x.T @ y / n
        order = np.argsort(-np.abs(g))[:n]
        values, losses = [np.zeros(d)], [float(y @ y) / 2 / n]
        for k in range(len(order)):
            w = np.zeros(d)
            w[order[: k + 1]] = np.linalg.lstsq(x[:, order[: k + 1]], y, rcond=None)[0]
            values.append(w)
            losses.append(float(np.square(x @ w - y).mean()) / 2)
        return Staircase(1 / np.abs(g[order]), np.stack(values), np.array(losses))

    patch("stages.diagonal.staircase", by_first)


def descent_is_matching_pursuit(patch):
    """Descent adds one coordinate after the other, as orthogonal matching pursuit does, and fits.

    Fails: 46.3d
    """
    from lib.stages.diagonal import staircase

    def stages(right, x, y, steps):
        stairs = staircase(x, y)
        return stairs.values[stairs.large() + 1]

    _few(patch)
    patch("stages.diagonal.matching_pursuit", stages)


def plateaus_at_half_of_the_fit(patch):
    """A stage learns half of what the least squares would give.

    Fails: 46.3c
    """
    from dataclasses import replace

    _few(patch)
    patch(
        "stages.diagonal.staircase",
        lambda right, *given: (lambda s: replace(s, values=s.values / 2))(right(*given)),
    )
