#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/bundle.hpp>

/// \file
/// Small things that several stages need.

namespace ablatrix::ecg {

template <typename T>
std::vector<T> copy_of(std::span<T const> values)
{
    return {values.begin(), values.end()};
}

/// Second extent of a matrix in a bundle.
inline std::int64_t columns_of(base::Bundle const& bundle, std::string const& name)
{
    auto const& shape = bundle.shape(name);
    return shape.size() < 2 ? 1 : shape.back();
}

/// Names of the string arrays "text" and "text/<variant>" of \p bundle.
std::vector<std::string> text_arrays(base::Bundle const& bundle);
/// "vectors/clean" for "text/clean": where stages put what they make of an array of texts.
std::string vectors_of(std::string const& text_array);

/// Mid-ranks scaled to [0, 1]: (average rank - 1) / (n - 1), ties averaged; a constant gives 0.5, n <= 1 gives 0.
/// ecg.md 5.6
std::vector<double> mid_ranks(std::span<double const> values);
bool is_constant(std::span<double const> values);

/// Share of each class among \p labels, [classes].
std::vector<double> class_shares(std::span<std::int32_t const> labels, std::int32_t classes);

/// For each row [n x dim] whether it is not zero. A text without a known term has a zero vector: no direction, hence
/// no neighbours. As a point it would lie nearer to most unit vectors than they lie to each other.
std::vector<std::uint8_t> nonzero_rows(std::span<float const> vectors, std::int64_t dim);

/// For each row the first row with an equal string.
std::vector<std::int64_t> group_identical(std::span<std::string const> strings);

/// Separates the spans of one row's evidence.
inline constexpr char evidence_separator = '\x1f';
std::vector<std::string> evidence_spans(std::string const& joined);

/// Does \p text hold one of \p tokens, letter by letter?
bool contains_any(std::string const& text, std::span<std::string const> tokens);
/// Does \p text hold one of \p words as a whole word, whatever the case?
bool names_any(std::string const& text, std::span<std::string const> words);

}  // namespace ablatrix::ecg
