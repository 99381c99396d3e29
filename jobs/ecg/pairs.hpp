#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/bundle.hpp>

/// \file
/// Rows of two texts (premise and hypothesis). Stages hold them joined by a space, with markers at the end; a network
/// that reads pairs gets them apart again.

namespace ablatrix::ecg {

/// \p joined cut behind \p first, which it begins with.
std::pair<std::string, std::string> split_pair(std::string const& joined, std::string const& first);

/// What a classifier reads: the second texts are empty, or one a row.
struct TextRows
{
    std::vector<std::string> first, second;
};

/// Array \p name ("text", "text/clean") of \p texts, cut apart where \p pairs is given: there, "first/clean" holds the
/// first texts of "text/clean", or "first" those of every array.
TextRows read_text_rows(base::Bundle const& texts, std::string const& name, base::Bundle const* pairs);

}  // namespace ablatrix::ecg
