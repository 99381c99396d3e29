#include <cmath>

#include "encoders.hpp"

/// \file
/// BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019), ELECTRA (Clark et al. 2020).
namespace ablatrix::nn::oracle {
namespace {

std::vector<std::int64_t> positions_of(EncoderConfig const& config, Row const& row)
{
    if (config.family != Family::roberta) return count_from(0, row.ids.size());
    std::vector<std::int64_t> out;
    std::int64_t rank = 0;
    for (std::int64_t const id : row.ids)
        out.push_back(id == config.pad ? config.pad : config.pad + ++rank);
    return out;
}

std::vector<std::int64_t> types_of(EncoderConfig const& config, Row const& row)
{
    if (config.family == Family::roberta || row.types.empty()) return std::vector<std::int64_t>(row.ids.size(), 0);
    return row.types;
}

Matrix embed(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    Scope const at = Scope(weights).at("embeddings");
    Matrix x = rows_of(at["word_embeddings.weight"], row.ids);
    x = add(x, rows_of(at["position_embeddings.weight"], positions_of(config, row)));
    x = add(x, rows_of(at["token_type_embeddings.weight"], types_of(config, row)));
    x = layer_norm(x, at.at("LayerNorm"), config.norm_epsilon);
    return config.embedding == config.hidden ? x : linear(x, Scope(weights).at("embeddings_project"));
}

Matrix block(EncoderConfig const& config, Scope const& at, Matrix const& x)
{
    Scope const self = at.at("attention.self");
    Matrix const mixed =
        attend(linear(x, self.at("query")), linear(x, self.at("key")), linear(x, self.at("value")), config.heads);
    Scope const after = at.at("attention.output");
    Matrix const h = layer_norm(add(x, linear(mixed, after.at("dense"))), after.at("LayerNorm"), config.norm_epsilon);
    Matrix const inner = activate(config.activation, linear(h, at.at("intermediate.dense")));
    return layer_norm(add(h, linear(inner, at.at("output.dense"))), at.at("output.LayerNorm"), config.norm_epsilon);
}

}  // namespace

std::vector<Matrix> bert_states(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    std::vector<Matrix> states{embed(config, weights, row)};
    for (std::int64_t i = 0; i < config.layers; ++i) {
        states.push_back(block(config, Scope(weights).at("encoder.layer").at(i), states.back()));
    }
    return states;
}

}  // namespace ablatrix::nn::oracle
