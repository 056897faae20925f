"""Random logits against small exact cases, Monte Carlo and Derrida's limits."""

import numpy as np
import pytest
import torch

from lib.practice import random_energy as re


def test_softness_at_equal_and_at_lonely_logits():
    even = re.softness(torch.zeros(3, 8, dtype=torch.float64))
    assert torch.allclose(even.entropy, torch.tensor(np.log(8)).expand(3))
    assert torch.allclose(even.softness, torch.tensor(7 / 8, dtype=torch.float64))
    lonely = re.softness(torch.tensor([0.0, 1000.0]).double())
    assert float(lonely.entropy) == 0 and float(lonely.softness) == 0


@pytest.mark.parametrize("sd", [0.3, 2.0, 12.0])
def test_two_logits_agree_with_an_integral_over_their_difference(sd):
    g, step = np.linspace(-9, 9, 4001, retstep=True)
    weight = np.exp(-g * g / 2) * step / np.sqrt(2 * np.pi)
    found = re.softness(torch.from_numpy(np.stack([sd * 2**0.5 * g, 0 * g], 1)))
    exact = re.mean_softness(2, sd)
    assert exact.entropy == pytest.approx(float(found.entropy.numpy() @ weight), abs=1e-5)
    assert exact.softness == pytest.approx(float(found.softness.numpy() @ weight), abs=1e-5)


def test_the_integrals_agree_with_draws():
    x = 3 * torch.from_numpy(np.random.default_rng(0).standard_normal((40000, 16)))
    exact = re.mean_softness(16, 3.0)
    for found, expected in zip(re.softness(x), exact, strict=True):
        assert abs(float(found.mean()) - expected) < 4 * float(found.std()) / 200


def test_limits_of_small_and_large_spread():
    n = 1024
    tiny = re.mean_softness(n, 0.01)
    assert tiny.entropy == pytest.approx(np.log(n), abs=1e-4)
    assert tiny.softness == pytest.approx(1 - 1 / n, abs=1e-6)
    assert np.log(n) - re.mean_softness(n, 1.0).entropy == pytest.approx(0.5, abs=2e-3)
    assert re.mean_softness(n, 40.0).softness < re.critical_sd(n) / 40


def test_the_mean_over_keys_tends_to_one_spread_in_high_dimension():
    found, limit = re.softness_of_keys(32, 100000, True, 5), re.mean_softness(32, 1.0)
    assert found.entropy == pytest.approx(limit.entropy, abs=1e-4)
    assert re.softness_of_keys(32, 9, False).entropy < re.softness_of_keys(32, 9, True).entropy


def test_products_have_the_variance_d_and_their_own_keys():
    x = re.products_of_keys(16, 9, 4000, np.random.default_rng(0))
    assert x.shape == (4000, 16) and x.dtype == torch.float64
    assert float(x.square().mean()) == pytest.approx(9, rel=0.05)
    assert abs(float((x[:, 0] * x[:, 1]).mean())) < 1


@pytest.mark.parametrize("call", [lambda: re.critical_sd(1), lambda: re.mean_softness(1, 1.0),
                                  lambda: re.mean_softness(4, 0.0),
                                  lambda: re.softness_of_keys(4, 0, True)])  # fmt: skip
def test_bad_sizes_are_refused(call):
    with pytest.raises(ValueError, match=r"logits must|must be positive"):
        call()


def test_entropies_of_the_phases_are_those_of_the_integral():
    found = re.phase_entropies([64, 256], 2000, np.random.default_rng(0))
    for k, n in enumerate((64, 256)):
        sds = {"unit": 1.0, "soft": re.critical_sd(n) / 2, "frozen": 2 * re.critical_sd(n)}
        for name, sd in sds.items():
            x = found[name][k]
            error = float(x.std()) / 2000**0.5
            assert float(x.mean()) == pytest.approx(re.mean_softness(n, sd).entropy, abs=4 * error)
