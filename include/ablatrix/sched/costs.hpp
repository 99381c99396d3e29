#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace ablatrix::sched {

/// What tasks cost, learned from those that ran: seconds per cost unit of each stage kind.
///
/// Kept as text, `costs.tsv` in the cache folder: kind, seconds per unit, number of measurements (capped, so that a
/// faster machine is noticed). The mean is winsorised: once a few measurements are there, one that is more than four
/// times the mean counts as four times, so that a stalled disk does not spoil the estimate.
class CostModel
{
  public:
    struct Estimate
    {
        double seconds = 0;
        bool learned = false;
    };

    /// Nothing learned: every estimate is a default.
    CostModel() = default;
    /// What earlier sessions learned; a file that is absent teaches nothing, and a damaged line is reported and
    /// skipped.
    explicit CostModel(std::filesystem::path file);

    Estimate estimate(std::string_view kind, double cost_units) const;
    void observe(std::string const& kind, double cost_units, double seconds);
    /// Merge what was observed in this session into the file, which another session may have changed meanwhile; written
    /// to a temporary name and renamed. \throws Error with path and reason
    void save() const;

  private:
    struct Mean
    {
        double seconds_per_unit = 0;
        double count = 0;
        void add(double value);
        void add(Mean const& other);
    };
    using Means = std::map<std::string, Mean, std::less<>>;
    static Means read(std::filesystem::path const& file);

    std::filesystem::path file_;
    Means earlier_;
    Means session_;
};

}  // namespace ablatrix::sched
