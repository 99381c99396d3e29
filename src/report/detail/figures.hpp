#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "figure.hpp"
#include "figure_source.hpp"
#include "grid_view.hpp"

/// \file
/// Which figures a result has. Estimates are those of the summary's records; curves, histograms and costs are read from
/// the file. Each family of figures has a file of its own: forest_figure.cpp, line_figure.cpp, ...

namespace ablatrix::report::detail {

class FigureMaker
{
  public:
    FigureMaker(GridView const& grid, std::vector<Record> const& records);

    /// Figures of an item set in reading order. \p findings has the summary's sentence on each condition, or is empty.
    Figures of_set(std::size_t set, std::vector<std::string> const& findings);
    Figures of_costs();

  private:
    void make_names_unique(Figures& figures);

    FigureSource source_;
    std::set<std::string> names_;
};

}  // namespace ablatrix::report::detail
