#include <cstdint>
#include <string>
#include <utility>

#include <ablatrix/data/dataset.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const rows = data::Dataset::from_bundle(context.input("rows"));
    auto const& params = context.params();
    auto const& gold = gold_labels(rows);
    auto const shared = params.get<bool>("shared_marker");
    auto const seed = params.get<std::int64_t>("seed");

    base::Bundle out;
    for (auto& variant :
         data::evaluation_variants(rows.text, gold, rows.class_names, data::TokenFamily::label_marker, shared, seed))
    {
        out.put("text/" + variant.name, std::move(variant.text));
    }
    if (params.get<bool>("ratings")) {
        for (auto& variant :
             data::evaluation_variants(rows.text, gold, rows.class_names, data::TokenFamily::rating, shared, seed))
        {
            if (variant.name != "clean") out.put("text/rating-" + variant.name, std::move(variant.text));
        }
    }
    out.put("label", gold);
    out.put("item", rows.row);
    out.put("clean", gold);
    out.put("observed", gold);
    out.put("is_noisy", std::vector<std::uint8_t>(gold.size(), 0));
    return out;
}

}  // namespace

plan::StageKind evaluation_texts_stage()
{
    return {"ecg.evaluation_texts", 1, run};
}

}  // namespace ablatrix::ecg
