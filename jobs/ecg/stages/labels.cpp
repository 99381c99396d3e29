#include <algorithm>
#include <cstdint>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

data::NoisyLabels compare(std::vector<std::int32_t> const& observed, std::vector<std::int32_t> const& clean)
{
    data::NoisyLabels labels{observed, std::vector<std::uint8_t>(observed.size())};
    for (std::size_t i = 0; i < observed.size(); ++i)
        labels.is_noisy[i] = observed[i] != clean[i] ? 1 : 0;
    return labels;
}

data::NoisyLabels observe(data::Dataset const& rows, std::vector<std::int32_t> const& clean, plan::Params const& params)
{
    auto const& mode = params.get<std::string>("mode");
    if (mode == "flip") {
        return data::flip_uniform(clean, rows.classes(), params.get<double>("rate"), params.get<std::int64_t>("seed"));
    }
    if (mode == "annotator") return data::vote_of_one_annotator(rows, params.get<std::int64_t>("seed"));
    if (mode == "real") return compare(rows.label, clean);
    ABLATRIX_EXPECT(mode == "none");
    return compare(clean, clean);
}

base::Bundle run(plan::StageContext const& context)
{
    auto const rows = data::Dataset::from_bundle(context.input("rows"));
    auto const& clean = gold_labels(rows);
    auto labels = observe(rows, clean, context.params());
    auto const noisy = std::count(labels.is_noisy.begin(), labels.is_noisy.end(), std::uint8_t{1});
    base::Bundle out;
    out.put("item", rows.row);
    out.put("clean", clean);
    out.put("observed", std::move(labels.observed));
    out.put("is_noisy", std::move(labels.is_noisy));
    out.put_scalar("classes", rows.classes());
    out.put_scalar("n_noisy", static_cast<double>(noisy));
    out.put_scalar("noisy_share", static_cast<double>(noisy) / static_cast<double>(rows.size()));
    out.put_scalar("dropped_empty", static_cast<double>(rows.dropped_empty));
    out.put_scalar("dropped_undecided", static_cast<double>(rows.dropped_undecided));
    return out;
}

}  // namespace

plan::StageKind labels_stage()
{
    return {"ecg.labels", 1, run};
}

}  // namespace ablatrix::ecg
