#pragma once

#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "cell_means.hpp"
#include "contrast.hpp"
#include "grid_view.hpp"

/// \file
/// Parts of a report that summaries and comparisons share.

namespace ablatrix::report::detail {

/// What the file holds: runs, seeds, conditions, arms; which runs failed or are missing.
void add_overview(Document& document, GridView const& grid);

/// What the records of this file are computed from.
Origin origin_of(GridView const& grid);

/// \throws Error with a did-you-mean unless each of \p wanted is a method, or metric, of some item set
void check_methods(store::ResultLayout const& layout, std::vector<std::string> const& wanted);
void check_metrics(store::ResultLayout const& layout, std::vector<std::string> const& wanted);

/// Methods that are shown but never lead: random, none, oracles.
bool is_reference(std::string const& method);
/// Methods measured on a changed test set, "none/aligned": never lead.
bool is_variant(std::string const& method);

/// Metrics to show of a set: the wanted ones that it has, else its primary metric and \p extra more.
std::vector<std::size_t> shown_metrics(GridView const& grid, std::size_t set, std::vector<std::string> const& wanted,
                                       std::size_t extra);

/// What intervals of these means were resampled or computed from, in one sentence each.
std::vector<std::string> interval_notes(GridView const& grid, std::vector<Mean> const& means);
/// The same for contrasts.
std::vector<std::string> contrast_notes(GridView const& grid, std::vector<ContrastResult> const& results);

/// "uniform 0.1: ", how a sentence about a condition begins; empty when there is only one.
std::string place_prefix(GridView const& grid, std::size_t condition);
/// A column for numbers of each condition.
void add_condition_columns(Table& table, GridView const& grid);

/// Whether both sides have the same value on every seed.
bool is_same(ContrastResult const& result);
/// "3:5", items that only one side gets right.
std::string discordant_text(stats::PairedTable const& table);
/// "*" separated after Holm, "†" could not have been, "" otherwise.
std::string separation_mark(double p_adjusted, double p_min_adjusted);

}  // namespace ablatrix::report::detail
