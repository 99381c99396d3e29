#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::test {

/// A small grid: \p n_runs runs over axes seed and ablate, an item set "detection" of scores with curves and "test" of
/// predictions with confidences. Two methods; runs 2k and 2k+1 share the column of method 0 and the truth.
inline store::ResultLayout sample_layout(std::int64_t n_runs)
{
    store::ResultLayout layout;
    layout.n_runs = n_runs;
    layout.axes = {{"seed", {}}, {"ablate", {}}};
    layout.arm_axis = "ablate";
    layout.scalars = {"epochs", "accuracy"};

    store::ItemSetLayout detection;
    detection.name = "detection";
    detection.n_items = 5;
    detection.methods = {"margin", "combined"};
    detection.metrics = {"auroc", "ap", "tnr95"};
    detection.curves = true;
    store::ItemSetLayout test = detection;
    test.name = "test";
    test.kind = store::ColumnKind::prediction;
    test.n_items = 3;
    test.metrics = {"accuracy"};
    test.curves = false;
    test.has_confidence = true;

    for (auto* set : {&detection, &test}) {
        auto const name = [&](char const* what, std::size_t i) {
            return base::fingerprint_of(set->name + what + std::to_string(i));
        };
        for (std::int64_t run = 0; run < n_runs; ++run) {
            auto const pair = static_cast<std::int32_t>(run / 2);
            if (run % 2 == 0) {
                set->truths.push_back(name("truth", static_cast<std::size_t>(pair)));
                set->columns.push_back(name("column", set->columns.size()));
                set->truth_of_column.push_back(pair);
            }
            auto const shared = static_cast<std::int32_t>(set->columns.size() - (run % 2 == 0 ? 1 : 2));
            set->columns.push_back(name("column", set->columns.size()));
            set->truth_of_column.push_back(pair);
            set->truth_of_run.push_back(pair);
            set->column_of.push_back(shared);
            set->column_of.push_back(static_cast<std::int32_t>(set->columns.size() - 1));
        }
    }
    for (std::int64_t run = 0; run < n_runs; ++run) {
        layout.axes[0].value_of_run.push_back(std::to_string(42 + run / 2));
        layout.axes[1].value_of_run.push_back(run % 2 == 0 ? "full" : "no-artifact");
        layout.stages.push_back({base::fingerprint_of("stage" + std::to_string(run)), "train"});
    }
    layout.item_sets = {std::move(detection), std::move(test)};
    return layout;
}

inline store::Provenance sample_provenance()
{
    return {"job: ecg\nseed: 42\n", base::fingerprint_of("plan"), {{"job", "ecg"}, {"versions", "HDF5 1.10\nMPI"}}};
}

/// Rows that depend on \p salt, so that a test can tell which write it sees.
inline store::Truth sample_truth(std::size_t length, int salt = 0)
{
    store::Truth truth;
    for (std::size_t i = 0; i < length; ++i) {
        truth.item.push_back(static_cast<std::int64_t>(100 + i));
        truth.clean.push_back(static_cast<std::int32_t>(i % 2));
        truth.observed.push_back(static_cast<std::int32_t>((i + static_cast<std::size_t>(salt)) % 2));
        truth.is_noisy.push_back(truth.clean.back() != truth.observed.back() ? 1 : 0);
    }
    return truth;
}

inline store::Column sample_column(store::ItemSetLayout const& set, std::size_t length, double salt = 0)
{
    store::Column column;
    for (std::size_t i = 0; i < length; ++i) {
        if (set.kind == store::ColumnKind::score)
            column.scores.push_back(static_cast<double>(i) / 7 + salt);
        else
            column.predictions.push_back(static_cast<std::int32_t>(i % 2));
        if (set.has_confidence) column.confidence.push_back(0.5 + static_cast<double>(i) / 9);
    }
    for (std::size_t i = 0; i < set.metrics.size(); ++i)
        column.metrics.push_back(0.5 + static_cast<double>(i) / 10 + salt);
    if (set.curves) {
        for (std::size_t i = 0; i < store::curve_points; ++i) {
            column.roc.push_back(static_cast<double>(i) / 100);
            column.pr.push_back(1 - static_cast<double>(i) / 100);
        }
        column.metrics.back() = std::numeric_limits<double>::quiet_NaN();
    }
    return column;
}

inline store::RunRecord sample_record(double salt = 0)
{
    store::RunRecord record;
    record.status = store::RunStatus::done;
    record.attempts = 1;
    record.worker = 2;
    record.device = "cuda:GPU-7";
    record.start_s = 1.7e9 + salt;
    record.seconds = 12.5;
    record.scalars = {3, 0.875 + salt};
    return record;
}

/// Metrics of a run, [method x metric] per item set.
inline std::vector<std::vector<double>> sample_metrics(store::ResultLayout const& layout, double salt = 0)
{
    std::vector<std::vector<double>> metrics;
    for (auto const& set : layout.item_sets) {
        auto& row = metrics.emplace_back();
        for (std::size_t i = 0; i < set.methods.size() * set.metrics.size(); ++i)
            row.push_back(static_cast<double>(i) / 16 + salt);
    }
    return metrics;
}

}  // namespace ablatrix::test
