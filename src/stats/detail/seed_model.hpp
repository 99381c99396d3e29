#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ablatrix/stats/bootstrap.hpp>

#include "weighted_pass.hpp"

namespace ablatrix::stats::detail {

/// Units of one seed's items. \throws Error when groups are missing or, stratified, of several classes
UnitLayout lay_out(SeedItems const& items, Unit unit);
/// Fewest units in a stratum; for groups, fewest groups that hold a class.
std::size_t fewest_units(SeedItems const& items, UnitLayout const& layout);

/// One seed's columns, prepared for evaluation under any counts.
class SeedModel
{
  public:
    SeedModel(SeedItems const& items, UnitLayout const& layout, std::span<MetricSpec const> metrics,
              std::span<std::uint8_t const> invalid);

    /// values[column * metrics + metric]; NaN for invalid columns and undefined metrics.
    void evaluate(std::span<UnitCounts const> counts, std::span<Lanes<double>> values) const;

  private:
    /// What a mean needs of the rows of one class.
    struct ClassValues
    {
        std::vector<std::uint32_t> units;  // of the rows that are 1 when binary, else of all rows
        std::vector<double> values;        // empty when binary
    };
    struct Column
    {
        bool invalid = false;
        bool binary = false;
        SortedColumn sorted;
        std::vector<ClassValues> classes;
    };

    void evaluate_ranking(Column const& column, std::span<UnitCounts const> counts, Lanes<std::uint32_t> const& P,
                          Lanes<std::uint32_t> const& N, PassResult& scratch, std::span<Lanes<double>> values) const;
    void evaluate_means(Column const& column, std::span<UnitCounts const> counts,
                        std::span<Lanes<std::uint32_t> const> totals, std::span<Lanes<double>> values) const;

    std::vector<MetricSpec> metrics_;
    std::vector<double> K_;  // distinct
    bool ranks_ = false;
    bool means_ = false;
    bool average_precision_ = false;
    bool tnr_ = false;
    std::vector<std::uint8_t> classes_;                   // ascending
    std::vector<std::vector<std::uint32_t>> class_rows_;  // units of the rows of each class
    std::vector<Column> columns_;
};

bool is_ranking(Metric metric);
/// Whether the jackknife, and with it BCa, is valid for the metric.
bool is_smooth(Metric metric);
/// Value of a smooth metric without item i, for all i.
std::vector<double> left_out_items(Metric metric, std::span<double const> column, std::span<std::uint8_t const> label);

}  // namespace ablatrix::stats::detail
