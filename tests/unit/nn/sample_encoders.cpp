#include "unit/nn/sample_encoders.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include <ablatrix/base/random.hpp>

namespace ablatrix::nn {
namespace {

constexpr std::int64_t labels = 3;

oracle::Matrix matrix_of(at::Tensor const& tensor)
{
    at::Tensor const values = tensor.detach().to(at::kDouble).contiguous();
    oracle::Matrix out(values.dim() < 2 ? 1 : values.size(0), values.dim() < 2 ? values.numel() : values[0].numel());
    std::copy_n(values.data_ptr<double>(), values.numel(), out.value.begin());
    return out;
}

/// The larger one, and no number rather than any.
double worse(double a, double b)
{
    return std::isnan(a) || b <= a ? a : b;
}

double farthest(at::Tensor const& found, oracle::Matrix const& expected)
{
    oracle::Matrix const values = matrix_of(found);
    if (values.rows != expected.rows || values.columns != expected.columns) return INFINITY;
    double out = 0;
    for (std::size_t i = 0; i < values.value.size(); ++i)
        out = worse(out, std::abs(values.value[i] - expected.value[i]));
    return out;
}

}  // namespace

void randomize(torch::nn::Module& module, std::uint64_t seed)
{
    torch::NoGradGuard const no_grad;
    for (auto const& parameter : module.named_parameters()) {
        std::string const& name = parameter.key();
        bool const gain = name.find("orm") != std::string::npos && name.ends_with("weight");
        base::Stream stream(seed, name);
        std::vector<float> values(static_cast<std::size_t>(parameter.value().numel()));
        for (float& value : values)
            value = static_cast<float>(gain ? 1 + 0.1 * stream.normal() : 0.2 * stream.normal());
        parameter.value().copy_(at::tensor(values).view(parameter.value().sizes()));
    }
}

void copy_weights(torch::nn::Module const& module, oracle::Weights& weights)
{
    for (auto const& parameter : module.named_parameters())
        weights[parameter.key()] = matrix_of(parameter.value());
}

oracle::Row random_row(std::int64_t length, std::int64_t first_id, std::int64_t vocabulary, std::uint64_t seed)
{
    base::Stream stream(seed, "row", static_cast<std::uint64_t>(length));
    oracle::Row row;
    for (std::int64_t t = 0; t < length; ++t) {
        row.ids.push_back(first_id +
                          static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(vocabulary - first_id))));
        row.types.push_back(t < length / 2 ? 0 : 1);
    }
    return row;
}

detail::Batch batch_of(std::vector<oracle::Row> const& rows)
{
    text::TokenRows tokens;
    std::vector<std::size_t> which;
    for (oracle::Row const& row : rows) {
        for (std::size_t t = 0; t < row.ids.size(); ++t) {
            tokens.id.push_back(static_cast<std::int32_t>(row.ids[t]));
            tokens.type.push_back(static_cast<std::uint8_t>(row.types.empty() ? 0 : row.types[t]));
        }
        tokens.row_begin.push_back(static_cast<std::int64_t>(tokens.id.size()));
        which.push_back(which.size());
    }
    return detail::make_batch(tokens, which, at::kCPU);
}

SampleEncoder::SampleEncoder(EncoderConfig const& c, std::uint64_t seed, Precision precision)
    : config(c), backbone(detail::make_backbone(c, precision)), head(detail::make_classifier_head(c, labels))
{
    randomize(*backbone, seed);
    randomize(*head, seed);
    copy_weights(*backbone, weights);
    copy_weights(*head, weights);
}

at::Tensor SampleEncoder::hidden(std::vector<oracle::Row> const& rows) const
{
    torch::NoGradGuard const no_grad;
    return backbone->hidden(batch_of(rows), {});
}

at::Tensor SampleEncoder::sentence(std::vector<oracle::Row> const& rows) const
{
    torch::NoGradGuard const no_grad;
    return backbone->sentence(batch_of(rows), {});
}

at::Tensor SampleEncoder::logits(std::vector<oracle::Row> const& rows) const
{
    torch::NoGradGuard const no_grad;
    return head->logits(sentence(rows), batch_of(rows), {});
}

at::Tensor SampleEncoder::loss(std::vector<oracle::Row> const& rows) const
{
    detail::Batch const batch = batch_of(rows);
    at::Tensor const scores = head->logits(backbone->sentence(batch, {}), batch, {});
    return at::cross_entropy_loss(scores, at::arange(batch.rows()).remainder(labels));
}

double SampleEncoder::oracle_loss(std::vector<oracle::Row> const& rows) const
{
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sum += oracle::cross_entropy(oracle::logits(config, weights, rows[i]), i % labels);
    }
    return sum / static_cast<double>(rows.size());
}

double farthest_from_oracle(SampleEncoder const& sample, std::vector<oracle::Row> const& rows)
{
    at::Tensor const hidden = sample.hidden(rows), sentence = sample.sentence(rows), logits = sample.logits(rows);
    double out = 0;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const row = static_cast<std::int64_t>(i);
        auto const length = static_cast<std::int64_t>(rows[i].ids.size());
        oracle::Matrix scores(1, labels);
        scores.value = oracle::logits(sample.config, sample.weights, rows[i]);
        out = worse(out, farthest(hidden.narrow(0, begin, length),
                                  oracle::hidden_states(sample.config, sample.weights, rows[i]).back()));
        out =
            worse(out, farthest(sentence.narrow(0, row, 1), oracle::sentence(sample.config, sample.weights, rows[i])));
        out = worse(out, farthest(logits.narrow(0, row, 1), scores));
        begin += length;
    }
    return out;
}

double farthest_gradient(SampleEncoder& sample, std::vector<oracle::Row> const& rows, std::size_t count)
{
    sample.loss(rows).backward();
    oracle::Weights gradients;
    for (torch::nn::Module* module :
         {static_cast<torch::nn::Module*>(sample.backbone.get()), static_cast<torch::nn::Module*>(sample.head.get())})
    {
        for (auto const& parameter : module->named_parameters()) {
            if (parameter.value().grad().defined()) gradients[parameter.key()] = matrix_of(parameter.value().grad());
        }
    }
    base::Stream stream(1, "gradient");
    double out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const picked = std::next(gradients.begin(), static_cast<std::ptrdiff_t>(i % gradients.size()));
        std::size_t const entry = stream.below(picked->second.value.size());
        double& weight = sample.weights.at(picked->first).value[entry];
        double const before = weight, step = 1e-5;
        weight = before + step;
        double const up = sample.oracle_loss(rows);
        weight = before - step;
        double const down = sample.oracle_loss(rows);
        weight = before;
        double const quotient = (up - down) / (2 * step);
        out = worse(out, std::abs(picked->second.value[entry] - quotient) / (1 + std::abs(quotient)));
    }
    return out;
}

}  // namespace ablatrix::nn
