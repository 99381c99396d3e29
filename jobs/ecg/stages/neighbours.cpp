#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/search/knn.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// One minus the mean of the first k_outlier similarities, thresholds aside (ecg.md 4.6); 1 without neighbours.
double outlier_score(search::Neighbours const& found, std::size_t row, std::int64_t k_outlier)
{
    double sum = 0;
    std::int64_t count = 0;
    for (std::int64_t j = 0; j < std::min(k_outlier, found.k); ++j) {
        auto const place = row * static_cast<std::size_t>(found.k) + static_cast<std::size_t>(j);
        if (found.index[place] < 0) break;
        sum += found.similarity[place];
        ++count;
    }
    return count == 0 ? 1 : 1 - sum / static_cast<double>(count);
}

/// Share of rows whose string another row has, too.
double duplicate_share(std::span<std::int64_t const> group)
{
    std::vector<std::int64_t> size(group.size(), 0);
    for (auto const g : group)
        ++size[static_cast<std::size_t>(g)];
    auto const repeated = std::count_if(group.begin(), group.end(),
                                        [&](std::int64_t g) { return size[static_cast<std::size_t>(g)] > 1; });
    return group.empty() ? 0 : static_cast<double>(repeated) / static_cast<double>(group.size());
}

/// v / (|v| + 1e-8) for each of \p n rows.
std::vector<float> unit_rows(std::span<float const> vectors, std::size_t n)
{
    std::vector<float> unit(vectors.begin(), vectors.end());
    auto const dim = unit.size() / n;
    for (std::size_t i = 0; i < n; ++i) {
        auto const row = std::span{unit}.subspan(i * dim, dim);
        double norm = 0;
        for (auto const value : row)
            norm += static_cast<double>(value) * value;
        norm = std::sqrt(norm) + 1e-8;
        for (auto& value : row)
            value = static_cast<float>(value / norm);
    }
    return unit;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& params = context.params();
    auto const& embedding = context.input("embedding");
    auto const& array = params.get<std::string>("array");
    auto const vectors = embedding.get<float>(array);
    auto const dim = columns_of(embedding, array);
    auto const n = vectors.size() / static_cast<std::size_t>(dim);

    auto valid = nonzero_rows(vectors, dim);
    if (embedding.contains("valid")) {
        auto const filled = embedding.get<std::uint8_t>("valid");
        for (std::size_t i = 0; i < n; ++i)
            valid[i] = valid[i] != 0 && filled[i] != 0 ? 1 : 0;
    }
    auto const& exclude = params.get<std::string>("exclude_identical");
    std::vector<std::int64_t> same_string, same_text;
    if (embedding.contains("string")) same_string = group_identical(embedding.get<std::string>("string"));
    if (context.has_input("text")) same_text = group_identical(context.input("text").get<std::string>("text"));
    std::vector<std::int64_t> const none;
    auto const& group = exclude == "same_string" && !same_string.empty() ? same_string
                        : exclude != "none"                              ? same_text
                                                                         : none;

    auto const k = params.get<std::int64_t>("k");
    auto const unit = unit_rows(vectors, n);
    auto found = search::nearest(unit, dim, k, search::Metric::inner_product, valid, group, context.threads());

    std::vector<double> outlier(n);
    for (std::size_t i = 0; i < n; ++i)
        outlier[i] = outlier_score(found, i, params.get<std::int64_t>("k_outlier"));

    auto const rows = static_cast<std::int64_t>(n);
    base::Bundle out;
    out.put("index", std::move(found.index), {rows, k});
    out.put("similarity", std::move(found.similarity), {rows, k});
    out.put("outlier", std::move(outlier));
    out.put_scalar("duplicate_share", duplicate_share(same_string.empty() ? same_text : same_string));
    return out;
}

}  // namespace

plan::StageKind neighbours_stage()
{
    return {"ecg.neighbours", 1, run};
}

}  // namespace ablatrix::ecg
