#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// Do probabilities mean what they say? A \p confidence in [0, 1] is compared with an \p outcome that is 0 or 1.
///
/// "Confidence" calibration: confidence = highest class probability, outcome = the prediction was right.
/// "Binary" calibration: confidence = p(class 1), outcome = the label. Inputs outside [0, 1] are an Error.

namespace ablatrix::stats {

enum class Bins : std::uint8_t
{
    equal_width,  ///< (lo, hi] by comparison with the edges b / M; 0 is in the first
    equal_mass,   ///< by mid-rank, ties stay together
    half_open,    ///< [lo, hi) of equal width; 1 falls out of all. For parity with programs that bin so
};

struct Binning
{
    Bins kind = Bins::equal_width;
    int bins = 10;
};

/// Bin of each item, -1 for none. \throws Error unless bins > 0
std::vector<int> bin_of(std::span<double const> confidence, Binning const& binning = {});

struct ReliabilityBin
{
    double low = undefined_value;  ///< edges; the extreme confidences inside for equal mass
    double high = undefined_value;
    std::int64_t n = 0;
    double confidence = undefined_value;  ///< mean; NaN when empty
    Estimate accuracy;                    ///< share of outcome 1 with its Wilson interval; undefined when empty
    double gap = undefined_value;         ///< accuracy - confidence
};
/// All bins, empty ones too.
std::vector<ReliabilityBin> reliability(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                                        Binning const& binning = {}, double level = 0.95);

struct CalibrationError
{
    double ece = undefined_value;  ///< mean gap weighted by bin size (Naeini et al. 2015); biased upwards
    double mce = undefined_value;  ///< largest gap
};
/// NaN for no items.
CalibrationError calibration_error(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                                   Binning const& binning = {});

/// Mean ECE of a perfectly calibrated model with these confidences (Broecker and Smith 2007): outcomes drawn with
/// probability = confidence from the stream (seed, frame). What an observed ECE must be compared with.
double ece_null(std::span<double const> confidence, Binning const& binning = {}, std::string_view frame = "",
                std::uint64_t seed = 42, std::size_t draws = 1000);

/// One model's answers: a confidence and an outcome per item.
struct Answers
{
    std::span<double const> confidence;
    std::span<std::uint8_t const> outcome;
};

/// Are models less calibrated than chance explains? Means over \p seeds, and \p p: the share of calibrated models with
/// these confidences whose mean ECE is at least the observed one, counting the observed one: (1 + #) / (1 + draws).
/// Same draws as ece_null(): one number an item for all seeds, so that these share the luck of their items completely,
/// and further seeds on the same items do not pass for more items.
struct CalibrationTest
{
    double ece = undefined_value;
    double ece_null = undefined_value;
    double p = undefined_value;
};
/// All NaN without seeds, or when one has no items.
CalibrationTest calibration_test(std::span<Answers const> seeds, Binning const& binning = {},
                                 std::string_view frame = "", std::uint64_t seed = 42, std::size_t draws = 1000);

/// ECE with its percentile interval over resampled items, bins fixed at those of the sample.
Estimate ece_interval(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                      Binning const& binning = {}, std::string_view frame = "", std::uint64_t seed = 42,
                      std::size_t resamples = 10000, double level = 0.95);

/// Highest class probability and whether that class is the truth. \p probability is row-major [item x class]; the
/// first of equal classes is the prediction.
struct Confidence
{
    std::vector<double> confidence;
    std::vector<std::uint8_t> right;
};
Confidence confidence_of(std::span<double const> probability, std::span<std::int32_t const> truth,
                         std::int32_t n_classes);
/// The same from p(class 1), with class 1 predicted above one half.
Confidence confidence_of(std::span<double const> probability, std::span<std::uint8_t const> positive);

}  // namespace ablatrix::stats
