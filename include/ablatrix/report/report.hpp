#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/report/document.hpp>
#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::report {

/// One computed number with all that belongs to it; NaN and -1 mean "does not apply" and are written as null.
struct Record
{
    std::string kind;  ///< "mean", "difference", "mcnemar_seed", "mcnemar"
    std::string item_set;
    std::vector<std::pair<std::string, std::string>> condition;  ///< axis, value
    std::string metric;
    std::string arm, method;      ///< of a mean; of side A of a difference A - B
    std::string arm_b, method_b;  ///< side B
    std::string seed;             ///< of a per-seed record, else ""
    std::string design;           ///< "nested", "crossed", "one seed"
    std::string scope;            ///< what the interval and p speak about: "seeds", "items", "both"

    stats::Estimate estimate;
    stats::Test test;
    double p_adjusted = stats::undefined_value;
    double p_min_adjusted = stats::undefined_value;
    std::string family;  ///< of the adjustment
    std::int64_t family_size = -1;
    bool cannot_reach = false;

    std::int64_t n_items = -1;
    std::int64_t n_seeds = -1;
    std::int64_t n_excluded = 0;  ///< seeds left out because a run failed, is pending, or the metric is undefined
    std::int64_t b = -1, c = -1;  ///< McNemar: only A right, only B right
};

/// What to read and what was computed.
struct Report
{
    Document document;
    std::vector<Record> records;
};

/// One line a record, one column an axis; RFC 4180.
std::string to_csv(std::vector<Record> const& records);
/// An array of objects, one a line.
std::string to_json(std::vector<Record> const& records);

}  // namespace ablatrix::report
