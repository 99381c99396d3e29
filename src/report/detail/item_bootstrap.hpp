#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/bootstrap.hpp>

#include "grid_view.hpp"

/// \file
/// The bootstrap over the items of one run.

namespace ablatrix::report::detail {

/// The bootstrap's name for a stored metric, if it can resample it.
std::optional<stats::MetricSpec> resampled_metric(std::string const& name);

/// Resamples the items of \p run within their classes; one column of \p scores a method, in the order of
/// GridView::items().
stats::Bootstrap item_bootstrap(GridView const& grid, std::size_t set, std::size_t run,
                                std::vector<std::vector<double>> const& scores,
                                std::vector<stats::MetricSpec> const& metrics, std::size_t resamples, int threads);

/// How replicates were made, for the record of their interval.
Resampling resampling_of(stats::Bootstrap const& bootstrap, std::span<double const> replicates,
                         stats::Bootstrap::Bca const& bca, stats::EndpointRange const& mc);

}  // namespace ablatrix::report::detail
