#include "contrast_records.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/mcnemar.hpp>

#include "record_parts.hpp"

namespace ablatrix::report::detail {
namespace {

/// Makes the records of one contrast.
class ContrastRecords
{
  public:
    ContrastRecords(GridView const& grid, ContrastResult const& result, std::string const& family)
        : grid_(grid), result_(result), family_(family)
    {
        auto const& what = result.contrast;
        base_ = record_about(grid, what.set, what.condition, what.arm_a, what.method_a);
        base_.arm_b = grid.arms()[what.arm_b];
        base_.method_b = items().methods[what.method_b];
        base_.design = result.design;
        base_.seed_set = result.seed_set;
        base_.n_items = result.n_items;
        base_.n_positive = result.n_positive;
        base_.n_seeds = static_cast<std::int64_t>(result.n_seeds);
        base_.n_excluded = static_cast<std::int64_t>(result.n_excluded);
    }

    /// Of the metric.
    Record difference() const
    {
        Record record = base_;
        record.kind = "difference";
        record.metric = result_.metric;
        record.scope = result_.scope;
        record.estimate = result_.difference;
        set_spread(record, result_.sd);
        record.resampling = result_.resampling;
        record.test = result_.test;
        if (result_.sd > 0) {
            record.effect.method = "cohens_d";
            record.effect.value = result_.difference.value / result_.sd;
        }
        record.p_adjusted = result_.p_adjusted;
        record.p_min_adjusted = result_.p_min_adjusted;
        set_family(record, family_);
        record.cannot_reach = result_.p_min_adjusted >= alpha;
        return record;
    }

    /// Of the metric on one seed's items.
    Record seed_difference(SeedContrast const& seed) const
    {
        Record record = base_of(seed);
        record.kind = "seed_difference";
        record.metric = result_.metric;
        record.estimate = seed.difference;
        record.resampling = seed.resampling;
        record.test = seed.resampled;
        return record;
    }

    /// McNemar's exact test on one seed's items.
    Record seed_test(SeedContrast const& seed) const
    {
        Record record = base_of(seed);
        record.kind = "test";
        record.metric = right_metric();
        record.estimate = stats::newcombe_difference(seed.table, grid_.level());
        record.test = seed.exact;
        record.effect = stats::odds_ratio(seed.table, grid_.level());
        record.effect.method = "odds_ratio";
        record.b = seed.table.only_a;
        record.c = seed.table.only_b;
        record.cannot_reach = seed.exact.cannot_reach(alpha);
        return record;
    }

    /// The sign flip over the items of all seeds.
    Record flips() const
    {
        auto const sum = result_.discordants();
        Record record = base_of_items();
        record.kind = "test";
        record.metric = right_metric();
        record.scope = "items";
        record.estimate = result_.share;
        record.test = result_.flips;
        record.p_adjusted = result_.flips_adjusted;
        record.p_min_adjusted = result_.flips_min_adjusted;
        set_family(record, family_ + ", McNemar");
        record.cannot_reach = result_.flips_min_adjusted >= alpha;
        record.b = sum.only_a;
        record.c = sum.only_b;
        record.effect.method = "signed_g";
        record.effect.value = stats::signed_g(sum);
        return record;
    }

    /// Of the shares of right items.
    Record share() const
    {
        auto const sum = result_.discordants();
        Record record = base_of_items();
        record.kind = "difference";
        record.metric = right_metric();
        record.scope = result_.share_scope;
        record.estimate = result_.share;
        record.test = result_.share_test;
        record.p_adjusted = result_.share_adjusted;
        set_family(record, family_ + ", shares");
        record.b = sum.only_a;
        record.c = sum.only_b;
        return record;
    }

  private:
    /// The seeds whose items both sides judge; a metric may be undefined there, or the rows differ and it is not.
    Record base_of_items() const
    {
        Record record = base_;
        std::vector<std::string> names;
        for (auto const& seed : result_.seeds)
            names.push_back(seed.seed);
        auto const planned = base_.n_seeds + base_.n_excluded;
        record.seed_set = base::join(names, ", ");
        record.n_seeds = static_cast<std::int64_t>(names.size());
        record.n_excluded = std::max<std::int64_t>(0, planned - record.n_seeds);
        return record;
    }

    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[result_.contrast.set]; }

    /// What McNemar's tests are about.
    std::string right_metric() const
    {
        return items().kind == store::ColumnKind::prediction ? "right_predictions" : "right_decisions";
    }

    void set_family(Record& record, std::string const& family) const
    {
        record.adjust = "holm";
        record.family = family;
        record.family_size = static_cast<std::int64_t>(result_.family_size);
    }

    Record base_of(SeedContrast const& seed) const
    {
        Record record = base_;
        record.params = {{"seed", seed.seed}};
        record.seed_set = seed.seed;
        record.scope = "items";
        record.n_seeds = 1;
        record.n_excluded = 0;
        record.n_items = seed.table.n();
        return record;
    }

    GridView const& grid_;
    ContrastResult const& result_;
    std::string const& family_;
    Record base_;
};

}  // namespace

void add_records(std::vector<Record>& records, GridView const& grid, ContrastResult const& result,
                 std::string const& family)
{
    ContrastRecords const make(grid, result, family);
    std::size_t const first = records.size();
    records.push_back(make.difference());
    if (result.has_items) {
        for (auto const& seed : result.seeds) {
            records.push_back(make.seed_difference(seed));
            records.push_back(make.seed_test(seed));
        }
        records.push_back(make.flips());
        records.push_back(make.share());
    }
    for (std::size_t i = first; i < records.size(); ++i)
        note_unlabelled(records[i], result.n_unknown);
}

}  // namespace ablatrix::report::detail
