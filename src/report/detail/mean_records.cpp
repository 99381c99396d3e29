#include "mean_records.hpp"

#include <utility>

#include "record_parts.hpp"

namespace ablatrix::report::detail {

void add_mean_records(std::vector<Record>& records, GridView const& grid, std::size_t set, std::size_t condition,
                      std::size_t arm, std::vector<std::size_t> const& methods, std::vector<std::size_t> const& metrics,
                      std::vector<std::vector<Mean>> const& means)
{
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (std::size_t k = 0; k < metrics.size(); ++k) {
            auto const& mean = means[m][k];
            Record record = record_about(grid, set, condition, arm, methods[m]);
            record.kind = "metric";
            record.metric = grid.layout().item_sets[set].metrics[metrics[k]];
            record.design = mean.design;
            record.scope = mean.scope;
            record.estimate = mean.estimate;
            note_unlabelled(record, mean.n_unknown);
            set_spread(record, mean.sd);
            record.resampling = mean.resampling;
            record.seed_set = mean.seed_set;
            record.n_seeds = static_cast<std::int64_t>(mean.n_seeds);
            record.n_excluded = static_cast<std::int64_t>(mean.n_excluded);
            record.n_items = mean.n_items;
            record.n_positive = mean.n_positive;
            records.push_back(std::move(record));
        }
    }
}

}  // namespace ablatrix::report::detail
