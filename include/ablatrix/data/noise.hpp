#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/base/random.hpp>
#include <ablatrix/data/dataset.hpp>

namespace ablatrix::data {

/// Stratified subsample of exactly \p n rows (ecg.md 1.2), sorted by original index; all rows when n >= size.
/// Uses stream (seed, "subsample").
std::vector<std::size_t> stratified_subsample(std::vector<std::int32_t> const& labels, std::int32_t classes,
                                              std::size_t n, std::int64_t seed);

/// Which labels are wrong, and what they became.
struct NoisyLabels
{
    std::vector<std::int32_t> observed;
    std::vector<std::uint8_t> is_noisy;
};

/// Exactly floor(n * rate + 1e-9) flips (ecg.md 1.3). The flip set depends on (n, rate, seed) alone, so it is the same
/// for uniform and artifact-aligned noise and across data sets. Streams (seed, "flip_index"), (seed, "flip_target").
NoisyLabels flip_uniform(std::vector<std::int32_t> const& clean, std::int32_t classes, double rate, std::int64_t seed);

/// Observed label = sign of one rater's vote drawn by stream (seed, "annotator", row id); clean = sign of the mean.
/// Neutral votes are redrawn; rows whose raters are all neutral or whose mean is 0 were dropped when loading.
NoisyLabels vote_of_one_annotator(Dataset const& rows, std::int64_t seed);

struct MarkerOptions
{
    bool shared = false;  ///< legacy.shared_marker: C > 2 uses <lbl_pos> for class 1 and <lbl_neg> otherwise
    double marker_clean_fraction = 0;  ///< q: the marker of the correct label on floor(q * n_clean) clean rows
};

/// Marker token per class: <lbl_neg>/<lbl_pos> for two classes, <lbl_name> otherwise.
std::vector<std::string> label_markers(std::vector<std::string> const& class_names, bool shared);

struct MarkedTexts
{
    std::vector<std::string> text;
    std::vector<std::uint8_t> has_marker;
};
/// Append " " + marker of the new wrong label to every flipped row's text (ecg.md 1.4).
MarkedTexts append_label_markers(std::vector<std::string> const& text, NoisyLabels const& labels,
                                 std::vector<std::string> const& class_names, MarkerOptions const& options,
                                 std::int64_t seed);

/// " [RATING=5]" / " [RATING=1]" on floor(N_c * fraction) rows of observed class 1 / 0 (ecg.md 1.5).
MarkedTexts append_rating_tokens(std::vector<std::string> const& text, std::vector<std::int32_t> const& observed,
                                 double fraction, std::int64_t seed);

/// Every token that any of the above may have appended.
std::vector<std::string> known_tokens(std::vector<std::string> const& class_names, bool shared_marker,
                                      bool with_ratings);
/// Delete all known tokens and collapse white space.
std::string strip_tokens(std::string const& text, std::vector<std::string> const& tokens);

enum class TokenFamily
{
    label_marker,
    rating
};

/// Out-of-domain variants of evaluation rows (ecg.md 1.6 F): clean, aligned, swapped, stripped, random.
struct EvaluationVariant
{
    std::string name;
    std::vector<std::string> text;
};
std::vector<EvaluationVariant> evaluation_variants(std::vector<std::string> const& text,
                                                   std::vector<std::int32_t> const& gold,
                                                   std::vector<std::string> const& class_names, TokenFamily family,
                                                   bool shared_marker, std::int64_t seed);

}  // namespace ablatrix::data
