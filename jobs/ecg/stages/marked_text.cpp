#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <ablatrix/data/dataset.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const rows = data::Dataset::from_bundle(context.input("rows"));
    auto const& labels = context.input("labels");
    auto const& params = context.params();
    auto const seed = params.get<std::int64_t>("seed");
    auto const observed = copy_of(labels.get<std::int32_t>("observed"));
    auto const is_noisy = copy_of(labels.get<std::uint8_t>("is_noisy"));

    std::vector<std::string> texts = rows.text;
    std::vector<std::uint8_t> has_marker(texts.size(), 0), has_rating(texts.size(), 0);
    if (params.get<bool>("markers")) {
        data::MarkerOptions options;
        options.shared = params.get<bool>("shared_marker");
        options.marker_clean_fraction = params.get<double>("marker_clean_fraction");
        auto marked = data::append_label_markers(texts, {observed, is_noisy}, rows.class_names, options, seed);
        texts = std::move(marked.text);
        has_marker = std::move(marked.has_marker);
    }
    if (params.get<bool>("ratings")) {
        auto marked = data::append_rating_tokens(texts, observed, params.get<double>("rating_fraction"), seed);
        texts = std::move(marked.text);
        has_rating = std::move(marked.has_marker);
    }
    std::vector<std::uint8_t> has_artifact(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
        has_artifact[i] = std::max(has_marker[i], has_rating[i]);

    base::Bundle out;
    out.put("row", rows.row);
    out.put("text", std::move(texts));
    out.put("has_marker", std::move(has_marker));
    out.put("has_rating", std::move(has_rating));
    out.put("has_artifact", std::move(has_artifact));
    return out;
}

}  // namespace

plan::StageKind marked_text_stage()
{
    return {"ecg.marked_text", 1, run};
}

}  // namespace ablatrix::ecg
