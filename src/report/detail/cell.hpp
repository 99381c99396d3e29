#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "grid_view.hpp"

/// \file
/// What the runs of one cell (a condition and an arm) have in common: items, truth, seeds with a value.

namespace ablatrix::report::detail {

/// Any finished run of the cell, one a seed.
std::vector<std::size_t> cell_runs(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set);

/// Whether every seed of the cell scores the same items with the same true labels.
bool is_crossed(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set);
/// "one seed", "crossed", "nested".
std::string design_of(std::size_t n_seeds, bool crossed);

/// Mean share of items that two seeds of a cell have in common; NaN for one seed.
double seed_overlap(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set);
/// Above it, seeds with items of their own are not independent: intervals and p-values over them are optimistic.
inline constexpr double noted_overlap = 0.2;

/// Whether two seeds of the cell have other items, or other answers of the method about them. If not, they are one
/// seed. True for fewer than two seeds, and where a seed has several runs.
bool seed_matters(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set, std::size_t method);

/// Items of each run of the cell and noisy ones among them, -1 where the runs differ; the most items that a run leaves
/// out for want of a clean label.
GridView::SampleSize common_size(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set);

/// The values that are neither NaN nor infinite.
std::vector<double> finite(std::vector<double> const& values);
/// Names of the seeds that have a finite value: "1, 2, 3".
std::string seed_set(GridView const& grid, std::vector<double> const& value_of_seed);

}  // namespace ablatrix::report::detail
