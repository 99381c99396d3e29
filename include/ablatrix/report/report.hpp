#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/report/document.hpp>
#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::report {

/// How often something was resampled, and what that leaves uncertain.
struct Resampling
{
    std::int64_t resamples = -1;            ///< defined ones; -1: nothing was resampled
    std::int64_t undefined = -1;            ///< the others
    std::int64_t seed = -1;                 ///< of the random stream
    std::string frame;                      ///< resamples are shared within a frame
    double z0 = stats::undefined_value;     ///< BCa: bias correction
    double accel = stats::undefined_value;  ///< BCa: acceleration
    double mc_low = stats::undefined_value, mc_high = stats::undefined_value;  ///< see stats::endpoint_range
};

/// What a gate said (statistics.md section 9); texts as stats::name_of writes them.
struct GateFields
{
    std::string id, op;
    double threshold = stats::undefined_value;
    std::string mode, outcome;
    std::string outcome_point;  ///< what the bare value says
    std::string settle;         ///< what would decide it
};

/// One computed number with all that belongs to it (statistics.md section 12); NaN, -1 and "" mean "does not apply" and
/// are written as null.
struct Record
{
    using Pairs = std::vector<std::pair<std::string, std::string>>;

    std::string kind;  ///< "metric", "difference", "seed_difference", "test", "gate", "errors", ...
    std::string item_set;
    Pairs condition;  ///< axis, value
    std::string metric;
    Pairs params;                 ///< what tells this number from others of the metric: {"K", "0.1"}, {"seed", "2"}
    std::string arm, method;      ///< of a metric; of side A of a difference A - B
    std::string arm_b, method_b;  ///< side B
    std::string seed_set;         ///< seeds that entered, "1, 2, 3"
    std::string design;           ///< "nested", "crossed", "one seed"
    std::string scope;            ///< what the interval and p speak about: "seeds", "items", "both"

    stats::Estimate estimate;
    double sd = stats::undefined_value;  ///< over seeds
    int ddof = -1;                       ///< of sd
    Resampling resampling;

    std::int64_t n_items = -1;
    std::int64_t n_positive = -1;
    std::int64_t n_groups = -1;
    std::int64_t n_seeds = -1;
    std::int64_t n_excluded = 0;  ///< seeds left out because a run failed, is pending, or the metric is undefined
    std::int64_t b = -1, c = -1;  ///< McNemar: only A right, only B right

    stats::Test test;
    double p_adjusted = stats::undefined_value;
    double p_min_adjusted = stats::undefined_value;
    std::string adjust;  ///< "holm"
    std::string family;  ///< of the adjustment
    std::int64_t family_size = -1;
    bool cannot_reach = false;
    stats::Estimate effect;  ///< size of what was tested; its method is the name: "odds_ratio"

    GateFields gate;

    Pairs details;  ///< more to know, in columns of their own: {"predictions", "1 0 1"}
};

/// Names a number among all of one command, and the same number of another result of the same experiment.
std::string record_id(Record const& record);

/// What all records of a report were computed from.
struct Origin
{
    std::string experiment;         ///< its name
    std::string input_fingerprint;  ///< of the plan that made the result: its settings and input data
    std::string code_version;       ///< of the program that computed the records
};

/// What to read and what was computed.
struct Report
{
    Document document;
    std::vector<Record> records;
    Origin origin;
};

// Records are sorted by record_id. Every record has every field, in both formats under the same name: numbers in the
// shortest text that reads back alike, null (in CSV nothing) for what does not apply and for an infinite bound, which
// the note then names "unbounded_low" or "unbounded_high".

/// One line a record after a line of names, one column an axis; RFC 4180.
std::string to_csv(Report const& report);
/// JSON Lines: one object a line.
std::string to_json_lines(Report const& report);

}  // namespace ablatrix::report
