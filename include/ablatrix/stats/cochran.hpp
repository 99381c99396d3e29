#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Do k arms differ in accuracy on the same items (Cochran 1950)? \p correct is [arm][item], one seed. Chi-square with
/// k - 1 degrees of freedom; for two arms the uncorrected McNemar test. Fewer than 24 cells in items on which the arms
/// differ are `not_reliable` with note "few_cells": take the exact version. No such item: p = 1, "no_discordant".
Test cochran_q(std::span<std::span<std::uint8_t const> const> correct);

/// Permutation distribution of Q, every item permuting its arms. Exact while the column totals stay enumerable, else
/// \p resamples random permutations from the stream (seed, frame), method "cochran_q.monte_carlo".
Test cochran_q_exact(std::span<std::span<std::uint8_t const> const> correct, std::string_view frame = "",
                     std::uint64_t seed = 42, std::size_t resamples = 10000);

}  // namespace ablatrix::stats
