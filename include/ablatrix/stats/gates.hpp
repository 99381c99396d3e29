#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/estimate.hpp>

/// \file
/// Rules that a result must satisfy, decided from intervals or tests rather than from bare values. What the data cannot
/// decide is "undecidable", with the reason and what would settle it; a missing quantity never passes.

namespace ablatrix::stats {

enum class GateOp : std::uint8_t
{
    less,
    less_equal,
    greater,
    greater_equal,
};

enum class GateMode : std::uint8_t
{
    point,  ///< the value alone; for parity with rules written that way
    ci,     ///< the whole interval must satisfy or violate
    test,   ///< adjusted p below 1 - level, with the effect in the direction of the operator
    equiv,  ///< difference inside +-threshold by two one-sided tests (Schuirmann 1987)
};

enum class GateScope : std::uint8_t
{
    all_of,  ///< every candidate must pass: no correction (intersection-union, Berger 1982)
    any_of,  ///< one must: Holm over the candidates, in `ci` mode level 1 - alpha / candidates
};

enum class Outcome : std::uint8_t
{
    pass,
    fail,
    undecidable,
};

/// "<", "<=", ">", ">="; "point", "ci", "test", "equiv"; "all_of", "any_of"; "pass", "fail", "undecidable".
std::string_view name_of(GateOp op);
std::string_view name_of(GateMode mode);
std::string_view name_of(GateScope scope);
std::string_view name_of(Outcome outcome);
/// Inverse of name_of. \throws Error naming the choices
GateOp gate_op(std::string_view name);
GateMode gate_mode(std::string_view name);
GateScope gate_scope(std::string_view name);

struct GateRule
{
    std::string id;
    std::string quantity;                                    ///< such as "seed_sd(balanced_accuracy)"
    std::vector<std::pair<std::string, std::string>> where;  ///< which candidates: {"arm", "*"}
    GateOp op = GateOp::greater_equal;
    double threshold = 0;
    GateMode mode = GateMode::ci;
    double level = 0.95;
    std::int64_t min_seeds = 0;
    std::int64_t min_groups = 0;
    int ddof = 1;  ///< of a spread over seeds: 1, or 0 for parity
    GateScope scope = GateScope::all_of;
    std::string family;
};

/// What is known about one candidate. Only what the mode reads must be filled.
struct GateEvidence
{
    std::string candidate;                    ///< such as "arm=nli"
    Estimate estimate;                        ///< at the level of gate_level()
    Estimate inner;                           ///< `equiv`: the interval of level 1 - 2 alpha
    EndpointRange mc;                         ///< where other resamples would put the ends of \p estimate
    EndpointRange inner_mc;                   ///< and of \p inner
    Test test;                                ///< `test`
    double effect = undefined_value;          ///< `test`: signed difference
    double p_adjusted = undefined_value;      ///< NaN: no family beyond this gate's candidates
    double p_min_adjusted = undefined_value;  ///< NaN: no family beyond this gate's candidates
    std::int64_t n_seeds = 0;
    std::int64_t n_groups = 0;
    bool spread_over_seeds = false;  ///< the quantity is a spread over seeds
    bool seed_effective = true;      ///< false: predictions are bit-identical over seeds
    std::int64_t successes = -1;     ///< of a proportion, with \p trials: makes the way to settle it exact
    std::int64_t trials = 0;
    double ece_null = undefined_value;  ///< of a calibration error
};

struct GateResult
{
    std::string id;
    std::string candidate;
    Outcome outcome = Outcome::undecidable;
    Outcome point = Outcome::undecidable;  ///< what the bare value says
    std::string reason;                    ///< such as "interval_straddles", "seed_not_effective"
    std::string settle;                    ///< what would decide an undecidable gate; empty when nothing known
    double value = undefined_value;
    double low = undefined_value;
    double high = undefined_value;
    double p = undefined_value;  ///< `test`: adjusted
    std::string note;
};

/// Whether a threshold lies within the resampling error of an interval's end, so that more resamples could change the
/// outcome. judge() leaves such a rule undecided.
bool is_within_resampling_error(GateRule const& rule, GateEvidence const& evidence);

/// Level of the intervals that \p rule needs for this many candidates.
double gate_level(GateRule const& rule, std::size_t candidates = 1);

/// One candidate. \throws Error on a level outside (0, 1), a threshold that is no number or, in `equiv`, not positive
GateResult judge(GateRule const& rule, GateEvidence const& evidence);

struct GateVerdict
{
    Outcome outcome = Outcome::undecidable;
    Outcome point = Outcome::undecidable;
    std::vector<GateResult> candidates;
    std::string reason;  ///< of the candidate that decided, or "no_candidates"
};
/// All candidates of a rule. In `test` mode with any_of, p-values without a wider family are adjusted here. \p family
/// is the number of candidates that share a correction when it is more than these.
GateVerdict judge_all(GateRule const& rule, std::span<GateEvidence const> candidates, std::size_t family = 0);

/// Kleene (1952): all_of fails with any failure, then is undecidable with any undecidable; any_of is its mirror image.
/// Nothing to combine is undecidable.
Outcome combine(std::span<Outcome const> outcomes, GateScope scope);

/// Standard deviation over seeds with its chi-square interval (normal values). \p ddof divides the value only.
/// One seed is undefined, equal values are degenerate.
Estimate seed_sd_interval(std::span<double const> values, double level = 0.95, int ddof = 1);
/// Largest observed standard deviation of S seeds whose interval lies below \p threshold.
double largest_passing_sd(double threshold, std::int64_t n_seeds, double level = 0.95);
/// Fewest seeds at which an observed standard deviation \p sd lies below \p threshold with its interval; 0: never.
std::int64_t seeds_for_sd(double sd, double threshold, double level = 0.95);

}  // namespace ablatrix::stats
