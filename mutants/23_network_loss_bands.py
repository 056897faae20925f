"""The wrong theories that 23_network_loss_bands must reject."""


def _as_wide_as(patch, units):
    """Every network is drawn with so many hidden units."""

    def wrapper(old, widths, networks, rng, **options):
        inputs, _, classes = widths
        return old([inputs, units, classes], networks, rng, **options)

    patch("practice.classifiers.uniform_start", wrapper)


def width_does_not_matter(patch):
    """Networks of every width behave like those of 25 units.

    Fails: 23.1a, 23.2c
    """

    _as_wide_as(patch, 25)
    patch.parameters(curvature_splits=2, curvature_networks=1)


def spread_of_the_start(patch):
    """The spread is there before training: descent only lowers all losses together.

    Fails: 23.1a, 23.2a
    """
    patch.parameters(learning_rate=0.0005)


def tested_on_what_was_trained_on(patch):
    """Test loss and training loss are the same thing.

    Fails: 23.3b
    """

    def wrapper(old, *given):
        trained, _ = old(*given)
        return trained, trained

    patch("data.split", wrapper)


def trained_on_other_labels(patch):
    """What is learnt from the training digits says nothing of others: their labels are shuffled.

    Fails: 23.1c, 23.3a
    """

    def wrapper(old, images, labels, training, rng):
        (x, y), test = old(images, labels, training, rng)
        return (x, y.roll(1)), test

    patch("data.split", wrapper)


def index_without_threshold(patch):
    """The index counts every eigenvalue below zero.

    Fails: 23.4a, 23.4b
    """
    patch(
        "practice.classifiers.index_fraction",
        lambda old, *given, **options: old(*given, below=0.0),
    )


def curvature_of_the_wrong_sign(patch):
    """The ends are maxima: the Hessian has its sign turned.

    Fails: 23.4a, 23.4b
    """
    patch("practice.classifiers._hessian", lambda old, *given: -old(*given))


def minima_after_a_few_epochs(patch):
    """Short training reaches minima as well.

    Fails: 23.4a
    """
    patch.parameters(long_epochs=21)


def dead_if_mostly_off(patch):
    """A unit that is off on a tenth of the digits is as good as dead.

    Fails: 23.2e
    """

    def wrapper(old, network, images):
        import torch

        first = torch.tensordot(network.weights[0], images, dims=([2], [1]))
        return ((first + network.biases[0].unsqueeze(-1) <= 0).double().mean(-1) >= 0.1).sum(-1)

    patch("practice.classifiers.dead_units", wrapper)


def dead_units_at_any_rate(patch):
    """Dead units explain the poor ends at a tenth of the learning rate as well.

    Fails: 23.2f
    """
    patch.parameters(learning_rate=0.05, epochs=40)


def wide_networks_use_three_units(patch):
    """However wide, a network ends with as many units as the digits leave it: three.

    Fails: 23.1a, 23.2b, 23.2d
    """

    _as_wide_as(patch, 3)
    patch.parameters(tail_splits=3, crowd=20)
