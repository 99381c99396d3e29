#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/base/random.hpp>

#include "src/nn/detail/fine_tune.hpp"
#include "unit/nn/sample_encoders.hpp"

/// \file
/// A small BERT and rows that it can learn from.

namespace ablatrix::nn::detail {

inline EncoderConfig tiny_bert()
{
    EncoderConfig out;
    out.vocabulary = 60;
    out.hidden = out.embedding = 16;
    out.layers = 2;
    out.heads = 2;
    out.ffn = 32;
    out.positions = 24;
    out.types = 2;
    out.labels = {"a", "b", "c"};
    return out;
}

/// Rows of 3 to 20 tokens, or as many as is said inside, between ids 2 and 3. Token 10 + label stands somewhere in
/// them, tokens 10 to 12 nowhere else.
struct Rows
{
    explicit Rows(std::size_t count, std::uint64_t least_inside = 1, std::uint64_t most_inside = 18)
    {
        base::Stream stream(5, "fine_tune_test");
        for (std::size_t i = 0; i < count; ++i) {
            auto const label = static_cast<std::int32_t>(stream.below(3));
            auto const inner = least_inside + stream.below(most_inside - least_inside + 1);
            auto const place = stream.below(inner);
            tokens.id.push_back(2);
            for (std::uint64_t t = 0; t < inner; ++t)
                tokens.id.push_back(t == place ? 10 + label : static_cast<std::int32_t>(13 + stream.below(47)));
            tokens.id.push_back(3);
            tokens.row_begin.push_back(static_cast<std::int64_t>(tokens.id.size()));
            labels.push_back(label);
        }
        tokens.type.assign(tokens.id.size(), 0);
        tokens.truncated.assign(count, 0);
    }

    /// Without the rows that \p weights (0 or 1) leaves out.
    Rows only(std::vector<float> const& weights) const
    {
        Rows out(0);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (weights[i] == 0) continue;
            auto const ids = tokens.ids(i);
            out.tokens.id.insert(out.tokens.id.end(), ids.begin(), ids.end());
            out.tokens.row_begin.push_back(static_cast<std::int64_t>(out.tokens.id.size()));
            out.labels.push_back(labels[i]);
        }
        out.tokens.type.assign(out.tokens.id.size(), 0);
        return out;
    }

    text::TokenRows tokens;
    std::vector<std::int32_t> labels;
};

inline FineTuneOptions options()
{
    FineTuneOptions out;
    out.epochs = 2;
    out.batch = 4;
    out.learning_rate = 1e-3;
    return out;
}

struct Classifier
{
    explicit Classifier(EncoderConfig const& config = tiny_bert()) : sample(config) {}

    ClassifierModules modules() const { return {*sample.backbone, *sample.head, at::kCPU, 3}; }

    FineTuneDynamics train(Rows const& rows, FineTuneOptions const& options, std::vector<float> const& weights = {},
                           FineTuneSeed seed = {7, 1})
    {
        return fine_tune(modules(), {rows.tokens, rows.labels, weights}, options, seed, {.record_dynamics = true});
    }

    /// Without the bias of attention keys, which has no influence: its gradient is rounding, and Adam divides by that.
    static std::vector<float> values(torch::nn::Module const& module)
    {
        std::vector<float> out;
        for (auto const& item : module.named_parameters()) {
            if (item.key().ends_with("key.bias")) continue;
            auto const& parameter = item.value();
            auto const* data = parameter.data_ptr<float>();
            out.insert(out.end(), data, data + parameter.numel());
        }
        return out;
    }
    std::vector<float> encoder() const { return values(*sample.backbone); }
    std::vector<float> head() const { return values(*sample.head); }

    SampleEncoder sample;
};

}  // namespace ablatrix::nn::detail
