"""The wrong theories that 23_network_loss_bands must reject."""


def _small(patch):
    """Where the tail and the curvature are not the point, make them small."""
    patch.parameters(tail_splits=3, crowd=10, curvature_splits=2, long_epochs=2)


def _as_wide_as(patch, units):
    """Every network is drawn with so many hidden units."""

    def wrong(right, widths, networks, rng, **options):
        inputs, hidden, classes = widths
        return right([inputs, hidden if inputs == 2 else units, classes], networks, rng, **options)

    patch("practice.classifiers.uniform_start", wrong)


def width_does_not_matter(patch):
    """Networks of every width behave like those of 25 units.

    Fails: 23.1a, 23.2a
    """
    _small(patch)
    _as_wide_as(patch, 25)


def wide_networks_use_three_units(patch):
    """However wide, a network ends with as many units as the digits leave it: three.

    Fails: 23.1a, 23.2a
    """
    _small(patch)
    _as_wide_as(patch, 3)


def spread_of_the_start(patch):
    """The spread is there before training: descent only lowers all losses together.

    Fails: 23.1a, 23.2a
    """
    _small(patch)
    patch.parameters(learning_rate=0.0005)


def tested_on_what_was_trained_on(patch):
    """Test loss and training loss are the same thing.

    Fails: 23.3a
    """
    _small(patch)

    def wrong(right, *given):
        trained, _ = right(*given)
        return trained, trained

    patch("data.split", wrong)


def trained_on_other_labels(patch):
    """What is learnt from the training digits says nothing of others: their labels are shuffled.

    Fails: 23.1a
    """
    _small(patch)

    def wrong(right, images, labels, training, rng):
        (x, y), test = right(images, labels, training, rng)
        return (x, y.roll(1)), test

    patch("data.split", wrong)


def annealing_without_noise(patch):
    """The noise of annealing does nothing: what helps is something else.

    Fails: 23.2b
    """
    patch.parameters(temperature=1e-6, curvature_splits=2, long_epochs=2)

    def wrong(right, self, weights, kept, slopes, rates, t):
        object.__setattr__(self, "temperature", 0.0)
        return right(self, weights, kept, slopes, rates, t)

    patch("practice.annealing.Annealed.step", wrong)


def annealing_too_hot(patch):
    """The hotter the annealing, the better: temperature 0.01.

    Fails: 23.2b
    """
    patch.parameters(temperature=0.01, curvature_splits=2, long_epochs=2)


def curvature_of_the_wrong_sign(patch):
    """The ends are maxima: the Hessian has its sign turned.

    Fails: 23.4a
    """
    patch.parameters(tail_splits=3, crowd=10)
    patch("practice.classifiers._hessian", lambda right, *given: -right(*given))


def minima_after_a_few_epochs(patch):
    """Short training reaches minima as well.

    Fails: 23.4a
    """
    patch.parameters(long_epochs=20, tail_splits=3, crowd=10)


def dead_if_mostly_off(patch):
    """A unit that is off on a tenth of the digits is as good as dead.

    Fails: 23.5h
    """
    patch.parameters(curvature_splits=2, long_epochs=2)

    def wrong(right, network, images):
        import torch

        first = torch.tensordot(network.weights[0], images, dims=([2], [1]))
        return ((first + network.biases[0].unsqueeze(-1) <= 0).double().mean(-1) >= 0.1).sum(-1)

    patch("practice.classifiers.dead_units", wrong)
