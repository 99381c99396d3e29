#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/estimate.hpp>

#include "figure.hpp"

/// \file
/// What the families of figures share: looks, data blocks, words about intervals.

namespace ablatrix::report::detail {

inline constexpr std::size_t most_lines = 4;  ///< methods whose curves and lines are drawn
inline constexpr char const* plot_frame =
    "set border 3 lc rgb '#444444'\nset tics nomirror out textcolor rgb '#222222'\n";
inline constexpr char const* key_below =
    "set key below left Left reverse samplen 5 maxcols 1 spacing 1.1\nset xlabel offset 0,0.4\n";
inline constexpr char const* reference_colour = "#6E6E6E";

/// "rgb '#0072B2'"
std::string colour(std::string const& value);
/// A data block named $NAME; rows of numbers, never text of the file.
std::string block(std::string const& name, std::string const& rows);
/// "'a' 1, 'b' 2": names at whole numbers from 1.
std::string tics_of(std::vector<std::string> const& names, std::size_t longest = 30);
/// "TITLE, PLACE"
std::string titled(std::string const& title, std::string const& place);

/// What the intervals of \p records speak for, or that there are none.
std::string interval_word(std::vector<Record const*> const& records);
/// "5 seeds", "3 to 5 seeds (some failed or lack a value)"
std::string seeds_text(std::vector<Record const*> const& records);

/// A row "value low high y"; low and high are the value where there is no interval.
std::string interval_row(stats::Estimate const& estimate, double y);
/// Names and cells of an estimate in a figure's CSV file.
std::vector<std::string> const& estimate_header();
std::vector<std::string> estimate_cells(Record const& record);
/// Both lists in one.
std::vector<std::string> cells(std::vector<std::string> first, std::vector<std::string> const& more);

}  // namespace ablatrix::report::detail
