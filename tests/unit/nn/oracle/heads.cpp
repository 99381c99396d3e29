#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "encoders.hpp"

namespace ablatrix::nn::oracle {
namespace {

/// RoBERTa, ELECTRA, BART: dense, activation, out_proj.
Matrix two_layers(Matrix const& x, Scope const& at, Activation activation)
{
    return linear(activate(activation, linear(x, at.at("dense"))), at.at("out_proj"));
}

/// BERT, DeBERTa: pooler, classifier.
Matrix pooled(Matrix const& x, Scope const& at, Activation activation)
{
    return linear(activate(activation, linear(x, at.at("pooler.dense"))), at.at("classifier"));
}

Matrix head(EncoderConfig const& config, Scope const& at, Matrix const& x)
{
    switch (config.family) {
        case Family::bert:
            return pooled(x, at, Activation::tanh);
        case Family::roberta:
            return two_layers(x, at.at("classifier"), Activation::tanh);
        case Family::electra:
            return two_layers(x, at.at("classifier"), Activation::gelu);
        case Family::deberta_v2:
            return pooled(x, at, config.deberta.pooler_activation);
        case Family::bart:
            return two_layers(x, at.at("classification_head"), Activation::tanh);
    }
    throw std::invalid_argument("family");
}

std::int64_t place_read(EncoderConfig const& config, Row const& row)
{
    if (config.family != Family::bart) return 0;
    auto const last = std::find(row.ids.rbegin(), row.ids.rend(), config.eos);
    if (last == row.ids.rend()) throw std::invalid_argument("no end of sequence");
    return static_cast<std::int64_t>(row.ids.rend() - last) - 1;
}

}  // namespace

std::vector<Matrix> hidden_states(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    switch (config.family) {
        case Family::bert:
        case Family::roberta:
        case Family::electra:
            return bert_states(config, weights, row);
        case Family::deberta_v2:
            return deberta_states(config, weights, row);
        case Family::bart:
            return bart_states(config, weights, row);
    }
    throw std::invalid_argument("family");
}

Matrix sentence(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    std::vector<std::int64_t> const place{place_read(config, row)};
    return rows_of(hidden_states(config, weights, row).back(), place);
}

std::vector<double> logits(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    return head(config, Scope(weights), sentence(config, weights, row)).value;
}

Matrix span_logits(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    return linear(hidden_states(config, weights, row).back(), Scope(weights).at("qa_outputs"));
}

double cross_entropy(std::vector<double> const& scores, std::size_t target)
{
    double const top = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double const score : scores)
        sum += std::exp(score - top);
    return std::log(sum) + top - scores[target];
}

double span_loss(Matrix const& span_logits, std::size_t start, std::size_t end)
{
    std::vector<double> starts, ends;
    for (std::int64_t i = 0; i < span_logits.rows; ++i) {
        starts.push_back(span_logits.at(i, 0));
        ends.push_back(span_logits.at(i, 1));
    }
    return 0.5 * (cross_entropy(starts, start) + cross_entropy(ends, end));
}

}  // namespace ablatrix::nn::oracle
