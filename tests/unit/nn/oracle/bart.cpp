#include <cmath>

#include "encoders.hpp"

/// \file
/// BART (Lewis et al. 2020): the row is encoded, and read again, shifted by one, by the decoder.
namespace ablatrix::nn::oracle {
namespace {

Matrix embed(EncoderConfig const& config, Weights const& weights, Scope const& side,
             std::vector<std::int64_t> const& ids)
{
    double const factor = config.scale_embedding ? std::sqrt(static_cast<double>(config.hidden)) : 1.0;
    Matrix const words = scale(rows_of(Scope(weights)["shared.weight"], ids), factor);
    Matrix const places = rows_of(side["embed_positions.weight"], count_from(2, ids.size()));
    return layer_norm(add(words, places), side.at("layernorm_embedding"), config.norm_epsilon);
}

/// Attention of \p x over \p source, added to \p x, normed.
Matrix look(EncoderConfig const& config, Scope const& layer, std::string const& name, std::int64_t heads,
            Matrix const& x, Matrix const& source, bool causal)
{
    Scope const at = layer.at(name);
    Matrix const mixed = attend(linear(x, at.at("q_proj")), linear(source, at.at("k_proj")),
                                linear(source, at.at("v_proj")), heads, causal);
    return layer_norm(add(x, linear(mixed, at.at("out_proj"))), layer.at(name + "_layer_norm"), config.norm_epsilon);
}

Matrix feed_forward(EncoderConfig const& config, Scope const& layer, Matrix const& x)
{
    Matrix const inner = activate(config.activation, linear(x, layer.at("fc1")));
    return layer_norm(add(x, linear(inner, layer.at("fc2"))), layer.at("final_layer_norm"), config.norm_epsilon);
}

Matrix encode(EncoderConfig const& config, Weights const& weights, std::vector<std::int64_t> const& ids)
{
    Scope const side = Scope(weights).at("encoder");
    Matrix x = embed(config, weights, side, ids);
    for (std::int64_t i = 0; i < config.layers; ++i) {
        Scope const layer = side.at("layers").at(i);
        x = feed_forward(config, layer, look(config, layer, "self_attn", config.heads, x, x, false));
    }
    return x;
}

}  // namespace

std::vector<Matrix> bart_states(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    Matrix const source = encode(config, weights, row.ids);
    std::vector<std::int64_t> shifted{config.decoder_start};
    shifted.insert(shifted.end(), row.ids.begin(), row.ids.end() - 1);
    Scope const side = Scope(weights).at("decoder");
    std::vector<Matrix> states{embed(config, weights, side, shifted)};
    for (std::int64_t i = 0; i < config.decoder_layers; ++i) {
        Scope const layer = side.at("layers").at(i);
        Matrix const& x = states.back();
        Matrix const own = look(config, layer, "self_attn", config.decoder_heads, x, x, true);
        Matrix const both = look(config, layer, "encoder_attn", config.decoder_heads, own, source, false);
        states.push_back(feed_forward(config, layer, both));
    }
    return states;
}

}  // namespace ablatrix::nn::oracle
