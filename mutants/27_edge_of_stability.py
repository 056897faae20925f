"""The wrong theories that 27_edge_of_stability must reject."""

import torch


def _few(patch):
    """Few sets: enough where the effect is large."""
    patch.parameters(sets=3)


def _late(patch):
    """Few steps where they are not the point, or the edge is missed by far."""
    patch.parameters(steps=300)


def _threshold(patch, wrong):
    """Another threshold: wrong(rate, momentum, whether it is Nesterov's)."""
    from lib.practice.sharpness import Nesterov

    def other(right, rule):
        return wrong(rule.rate, getattr(rule, "mu", 0.0), isinstance(rule, Nesterov))

    patch("practice.sharpness.threshold", other)


def the_edge_of_fastest_descent(patch):
    """Sharpness rises to 1/eta, where a step minimizes along the steepest direction.

    Fails: 27.1a
    """
    _few(patch)
    _threshold(patch, lambda rate, mu, nesterov: 1 / rate)


def momentum_changes_no_edge(patch):
    """With momentum too the edge is 2/eta.

    Fails: 27.2a, 27.2b
    """
    _few(patch)
    _late(patch)
    _threshold(patch, lambda rate, mu, nesterov: 2 / rate)


def both_momenta_alike(patch):
    """Nesterov's momentum has the edge of the heavy ball.

    Fails: 27.2b
    """
    _few(patch)
    _late(patch)
    _threshold(patch, lambda rate, mu, nesterov: 2 * (1 + mu) / rate)


def the_loss_is_a_quadratic(patch):
    """The curvature stays what it was at the start: nothing sharpens.

    Fails: 27.1a
    """
    _few(patch)
    patch("practice.sharpness.Followed.late", lambda right, run, *given: run.sharpness[0])


def the_mean_curvature_is_at_the_edge(patch):
    """It is the mean of the ten largest eigenvalues that stands at 2/eta.

    Fails: 27.1a
    """
    from lib.practice.curvature import SQUARES, steepest
    from lib.practice.sharpness import FORM

    _few(patch)

    def averaged(right, fit, network, rng):
        return steepest(network, *fit[:2], 10, rng, FORM, 50, SQUARES)[0].mean(1)

    patch("practice.sharpness.Fit.sharpness", averaged)


def noise_is_not_needed(patch):
    """The gradient lies in the steepest directions without the noise of minibatches, too.

    Fails: 27.3b
    """
    _few(patch)
    _late(patch)

    def noisy(right, fit, rule, *, steps, record, orders=None):
        if orders is None and steps == 600:
            drawn = torch.Generator().manual_seed(0)
            orders = torch.randint(
                fit.images.shape[1], (len(fit.images), steps, 10), generator=drawn
            )
        return right(fit, rule, steps=steps, record=record, orders=orders)

    patch("practice.sharpness.walk", noisy)


def noise_does_nothing(patch):
    """Along minibatches the gradient lies where it lies along full batches.

    Fails: 27.3a
    """
    _few(patch)
    _late(patch)

    def whole(right, fit, rule, *, steps, record, orders=None):
        return right(fit, rule, steps=steps, record=record)

    patch("practice.sharpness.walk", whole)


def _ways(patch, **changed):
    """Some of the ways to be confined do something else; names with _ for spaces."""
    from lib.practice.sharpness import WAYS

    named = {name.replace("_", " "): way for name, way in changed.items()}
    patch.value("practice.sharpness.WAYS", WAYS | named)


def the_steepest_directions_are_some_directions(patch):
    """They train as much as as many random ones.

    Fails: 27.4a
    """
    _few(patch)
    _late(patch)
    _ways(patch, only_the_steepest=(1.0, 0.0, False))


def each_direction_does_its_share(patch):
    """What is removed costs what ten random directions cost.

    Fails: 27.4b
    """
    _few(patch)
    _late(patch)
    _ways(patch, without_the_steepest=(0.0, 1.0, False))


def any_ten_directions_hold_descent_back(patch):
    """It is of no account which directions are removed; larger rates are allowed without any ten.

    Fails: 27.4c
    """
    _few(patch)
    _late(patch)
    _ways(patch, without_the_steepest=(0.0, 1.0, False))


def one_direction_holds_descent_back(patch):
    """Only the very steepest direction sets the pace.

    Fails: 27.4c
    """
    _few(patch)
    _late(patch)
    patch.parameters(count=1)
