#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/encoders.hpp"
#include "jobs/ecg/pairs.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// Brings each dimension to mean 0 and variance 1/d over the training rows, so that rows have length 1 on average and a
/// head learns at the pace that it has on unit vectors. Reads no label.
struct Standard
{
    std::vector<float> mean, scale;

    static Standard fit(std::span<float const> rows, std::size_t dim)
    {
        auto const n = static_cast<double>(rows.size() / dim);
        std::vector<double> sum(dim, 0), square(dim, 0);
        for (std::size_t i = 0; i < rows.size(); ++i)
            sum[i % dim] += double{rows[i]};
        for (std::size_t i = 0; i < rows.size(); ++i)
            square[i % dim] += std::pow(double{rows[i]} - sum[i % dim] / n, 2);
        Standard standard;
        for (std::size_t d = 0; d < dim; ++d) {
            double const deviation = std::sqrt(square[d] / n * static_cast<double>(dim));
            standard.mean.push_back(static_cast<float>(sum[d] / n));
            standard.scale.push_back(deviation > 0 ? static_cast<float>(1 / deviation) : 0.0F);
        }
        return standard;
    }

    static Standard read(base::Bundle const& bundle)
    {
        return {copy_of(bundle.get<float>("mean")), copy_of(bundle.get<float>("scale"))};
    }

    void apply(std::span<float> rows) const
    {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto const d = i % mean.size();
            rows[i] = (rows[i] - mean[d]) * scale[d];
        }
    }
};

base::Bundle run(plan::StageContext const& context)
{
    // The head is not asked: any number of classes gives the same states.
    auto const encoder = new_classifier(context, 2, {});
    auto const dim = encoder.config().hidden;
    auto const max_length = context.params().get_int("max_length");
    auto const& source = context.input("text");
    auto const* const pairs = context.has_input("pairs") ? &context.input("pairs") : nullptr;

    std::map<std::string, std::vector<float>> states;
    for (auto const& name : text_arrays(source)) {
        auto const rows = read_text_rows(source, name, pairs);
        states[name] = rows.first.empty() ? std::vector<float>{}
                                          : encoder.classify(rows.first, rows.second, max_length, true).features;
    }
    bool const fits = !context.has_input("fitted");
    ABLATRIX_EXPECT(!fits || states.contains("text"));
    auto const standard = fits ? Standard::fit(states.at("text"), static_cast<std::size_t>(dim))
                               : Standard::read(context.input("fitted"));
    base::Bundle out;
    for (auto& [name, values] : states) {
        standard.apply(values);
        auto const rows = static_cast<std::int64_t>(values.size()) / dim;
        out.put(vectors_of(name), std::move(values), {rows, dim});
    }
    out.put("mean", standard.mean);
    out.put("scale", standard.scale);
    return out;
}

}  // namespace

plan::StageKind probe_states_stage()
{
    return {"ecg.probe_states", 2, run};
}

}  // namespace ablatrix::ecg
