#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/plan/gates.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/store/result_file.hpp>

/// \file
/// What a grid can show, before it has run (statistics.md section 11).

namespace ablatrix::report {

/// Tests that summarize() will correct together.
struct PlannedFamily
{
    std::string name;            ///< "arms against full", "methods against the best"
    bool compares_arms = false;  ///< else methods, within each condition
    std::string item_set;
    std::string metric;
    std::int64_t n_tests = 0;
    std::int64_t n_seeds = 0;  ///< in the comparison that has fewest
    std::int64_t n_items = 0;  ///< of one run
    std::int64_t n_units = 0;  ///< items that can differ between two sides at best, over all seeds
};

struct PlanWarning
{
    std::string code;  ///< "unreachable", "underpowered", "few_groups", "std_gate_unreachable", "one_class_risk",
                       ///< "equal_arms"
    std::string text;  ///< whole sentences
    std::string way_out;
};

/// What the plan of an experiment says about its statistics.
struct OutlookOptions
{
    std::string seed_axis = "seed";
    std::string baseline_arm;                           ///< "": the first arm
    std::map<std::string, std::string> primary_metric;  ///< by item set
    std::vector<plan::ExpectedEffect> effects;
    std::vector<plan::Gate> gates;
};

struct Outlook
{
    std::vector<PlannedFamily> families;
    std::vector<PlanWarning> warnings;
    Document document;

    bool has(std::string const& code) const;
};

/// Families, smallest attainable p, detectable differences and warnings of the runs that \p layout will hold.
Outlook look_ahead(store::ResultLayout const& layout, OutlookOptions const& options);

}  // namespace ablatrix::report
