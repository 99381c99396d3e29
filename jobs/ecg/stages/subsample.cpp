#include <string>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

std::vector<std::size_t> training_rows(data::Dataset const& table, std::vector<std::size_t> const& pool, std::size_t n,
                                       std::int64_t seed)
{
    std::vector<std::int32_t> labels;
    labels.reserve(pool.size());
    for (auto const row : pool)
        labels.push_back(gold_labels(table)[row]);
    auto rows = data::stratified_subsample(labels, table.classes(), n, seed);
    for (auto& row : rows)
        row = pool[row];
    return rows;
}

/// Embedded stages read one string a row; pairs are joined by a space, the second text (the hypothesis) last.
void join_pairs(data::Dataset& rows)
{
    for (std::size_t i = 0; i < rows.text2.size(); ++i)
        rows.text[i] += ' ' + rows.text2[i];
    rows.text2.clear();
}

base::Bundle run(plan::StageContext const& context)
{
    auto const table = data::Dataset::from_bundle(context.input("source"));
    auto const& params = context.params();
    auto const& role = params.get<std::string>("role");
    data::Dataset rows;
    if (role == "all") {
        rows = table;
    }
    else {
        auto const parts =
            partition(table, params.get<std::int64_t>("reserve_rows"), params.get<std::int64_t>("test_rows"));
        if (role == "reserve") {
            rows = table.select(parts.reserve);
        }
        else if (role == "test") {
            rows = table.select(parts.test);
        }
        else {
            ABLATRIX_EXPECT(role == "train");
            auto const n = static_cast<std::size_t>(params.get<std::int64_t>("n_train"));
            rows = table.select(training_rows(table, parts.pool, n, params.get<std::int64_t>("seed")));
        }
    }
    join_pairs(rows);
    return rows.to_bundle();
}

}  // namespace

plan::StageKind subsample_stage()
{
    return {"ecg.subsample", 1, run};
}

}  // namespace ablatrix::ecg
