#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Many methods on many data sets (Demsar 2006). Rank 1 is best, ties share the mean of their ranks.
struct Friedman
{
    Test chi_square;                               ///< Friedman 1937, corrected for ties
    Test f;                                        ///< Iman and Davenport 1980: the preferred one
    std::vector<double> mean_rank;                 ///< [method]
    std::size_t datasets = 0;                      ///< that were complete
    std::vector<std::size_t> dropped;              ///< data sets with a missing cell
    double critical_difference = undefined_value;  ///< Nemenyi 1963: mean ranks that far apart differ
    std::vector<std::vector<std::size_t>>
        cliques;  ///< maximal sets of 2 or more methods, best first, that do not differ
};

/// \param values row-major [method x dataset], higher is better, one value per cell (a mean over seeds); NaN: missing
/// \param alpha of the critical difference, which means something only after a significant test
/// Fewer than 5 data sets are `not_reliable`, fewer than 2 methods or no complete data set `undefined`.
Friedman friedman(std::span<double const> values, std::size_t methods, double alpha = 0.05);

/// Nemenyi's q_alpha: studentized range quantile with infinite degrees of freedom, divided by sqrt 2.
double nemenyi_quantile(std::size_t methods, double alpha = 0.05);

}  // namespace ablatrix::stats
