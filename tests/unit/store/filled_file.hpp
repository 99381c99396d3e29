#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "unit/store/sample_layout.hpp"

namespace ablatrix::test {

/// Every row of \p file, each different from the others of its table.
inline void fill(store::ResultFile& file)
{
    auto const& layout = file.layout();
    for (std::size_t i = 0; i < layout.item_sets.size(); ++i) {
        auto const& set = layout.item_sets[i];
        auto const length = static_cast<std::size_t>(set.n_items);
        for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
            file.write_truth(i, truth, sample_truth(length, static_cast<int>(truth)));
        for (std::size_t column = 0; column < set.columns.size(); ++column)
            file.write_column(i, column, sample_column(set, length, static_cast<double>(column)));
    }
    for (std::size_t run = 0; run < static_cast<std::size_t>(layout.n_runs); ++run)
        file.write_run(run, sample_record(static_cast<double>(run)), sample_metrics(layout));
    for (std::size_t stage = 0; stage < layout.stages.size(); ++stage)
        file.write_stage(stage, {1, 2, 0.25, 128, 1});
}

/// A finished file of four runs.
inline void create_filled(std::filesystem::path const& path)
{
    store::ResultFile::create(path, sample_layout(4), sample_provenance(), {});
    auto file = store::ResultFile::open(path, {});
    fill(file);
    file.close();
}

/// Overwrite the first element of a row behind the result file's back.
template <typename T>
void tamper(std::filesystem::path const& path, std::string const& dataset, std::uint64_t row, T value)
{
    auto file = h5::File::open(path, {});
    auto target = file.open_dataset(dataset);
    auto box = h5::Box::rows(target.shape(), row);
    for (std::size_t i = 1; i < box.count.size(); ++i)
        box.count[i] = 1;
    target.write<T>(box, std::span<T const>(&value, 1));
}

}  // namespace ablatrix::test
