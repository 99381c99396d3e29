#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// Which items are wrong, and whether the seeds agree on them. Inputs are [seed][item], all seeds over the same items.

namespace ablatrix::stats {

enum class ErrorPattern : std::uint8_t
{
    undefined,  ///< one seed, or no always-wrong item to expect
    random,     ///< about as many items always wrong as independent errors would give
    mixed,
    systematic,  ///< many more, and concentrated in one group when groups are given
};
std::string_view name_of(ErrorPattern pattern);

struct ErrorThresholds
{
    double random_ratio = 1.2;      ///< observed / expected at most this: random
    double systematic_ratio = 2;    ///< at least this, and
    double systematic_share = 0.5;  ///< at least this share of all errors in one group: systematic
};

struct ErrorSummary
{
    std::int64_t n_items = 0;
    std::int64_t n_seeds = 0;
    std::vector<std::int64_t> right_in;  ///< [S + 1]: items that r seeds got right
    std::vector<std::int64_t> errors;    ///< [seed]
    std::int64_t always_wrong = 0;
    std::int64_t mostly_wrong = 0;          ///< right in fewer than half of the seeds, the always wrong among them
    double mean_entropy = undefined_value;  ///< of right or wrong over seeds, bits; NaN for one seed
    double expected_always_wrong = undefined_value;    ///< n * product of error rates
    double expected_within_classes = undefined_value;  ///< the same inside each class; NaN without classes
    double p_always_wrong = undefined_value;           ///< P(at least as many), errors of the seeds independent
    double p_within_classes = undefined_value;         ///< the same with fixed error counts inside each class
    double ratio = undefined_value;  ///< observed / expected (within classes if given); NaN when 0 is expected
    double top_group_share = undefined_value;  ///< of all errors, in the group that has most; NaN without groups
    std::int32_t top_group = -1;
    ErrorPattern pattern = ErrorPattern::undefined;
};

/// \param correct [seed][item], 0/1
/// \param label class of each item, empty for none
/// \param group group of each item (a factor of the report: speaker, length, ...), empty for none
ErrorSummary summarize_errors(std::span<std::span<std::uint8_t const> const> correct,
                              std::span<std::int32_t const> label = {}, std::span<std::int32_t const> group = {},
                              ErrorThresholds const& thresholds = {});

/// Seeds that got each item right.
std::vector<std::int64_t> right_counts(std::span<std::span<std::uint8_t const> const> correct);

struct WrongItem
{
    std::size_t item;
    std::int64_t right;  ///< seeds that got it right
};
/// Items right in fewer than half of the seeds: fewest right first, then by position.
std::vector<WrongItem> wrong_items(std::span<std::span<std::uint8_t const> const> correct);

/// Entropy in bits of r right seeds of S.
double correctness_entropy(std::int64_t right, std::int64_t n_seeds);

/// P(at least \p observed items are wrong in every seed) when seed s errs on errors[s] random items of n.
double always_wrong_p(std::span<std::int64_t const> errors, std::int64_t n, std::int64_t observed);

struct Agreement
{
    double kappa = undefined_value;  ///< chance-corrected; `undefined` with note "constant" when chance agreement is 1
    double observed = undefined_value;  ///< share of agreeing pairs
    Status status = Status::undefined;
    std::string_view note;
};
/// Cohen (1960), two raters: predictions, or correctness of two seeds.
Agreement cohen_kappa(std::span<std::int32_t const> a, std::span<std::int32_t const> b);
/// Fleiss (1971), all seeds; one seed is undefined.
Agreement fleiss_kappa(std::span<std::span<std::int32_t const> const> raters);

}  // namespace ablatrix::stats
