#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "encoders.hpp"

/// \file
/// DeBERTa-v2 and v3 (He et al. 2021): attention with content and relative positions apart.
namespace ablatrix::nn::oracle {
namespace {

std::int64_t farthest(EncoderConfig const& config)
{
    return config.deberta.max_relative > 0 ? config.deberta.max_relative : config.positions;
}

std::int64_t span(EncoderConfig const& config)
{
    return config.deberta.buckets > 0 ? config.deberta.buckets : farthest(config);
}

Matrix embed(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    Scope const at = Scope(weights).at("embeddings");
    Matrix x = rows_of(at["word_embeddings.weight"], row.ids);
    if (config.deberta.position_biased_input) {
        x = add(x, rows_of(at["position_embeddings.weight"], count_from(0, row.ids.size())));
    }
    if (config.types > 0) {
        auto const types = row.types.empty() ? std::vector<std::int64_t>(row.ids.size(), 0) : row.types;
        x = add(x, rows_of(at["token_type_embeddings.weight"], types));
    }
    if (config.embedding != config.hidden) x = linear(x, at.at("embed_proj"), false);
    return layer_norm(x, at.at("LayerNorm"), config.norm_epsilon);
}

Matrix relative_table(EncoderConfig const& config, Weights const& weights)
{
    Scope const at = Scope(weights).at("encoder");
    Matrix const table =
        rows_of(at["rel_embeddings.weight"], count_from(0, static_cast<std::size_t>(2 * span(config))));
    return config.deberta.norm_relative ? layer_norm(table, at.at("LayerNorm"), config.norm_epsilon) : table;
}

Matrix attention(EncoderConfig const& config, Weights const& weights, Scope const& self, Matrix const& x)
{
    auto const& options = config.deberta;
    Matrix const q = linear(x, self.at("query_proj")), k = linear(x, self.at("key_proj"));
    std::int64_t const width = q.columns / config.heads;
    Matrix relative_key, relative_query;
    if (options.relative_attention) {
        Matrix const table = relative_table(config, weights);
        if (options.c2p) relative_key = linear(table, self.at(options.share_key ? "key_proj" : "pos_key_proj"));
        if (options.p2c) relative_query = linear(table, self.at(options.share_key ? "query_proj" : "pos_query_proj"));
    }
    double const root = std::sqrt(static_cast<double>(width * (1 + options.c2p + options.p2c)));
    auto const score = [&](std::int64_t head, std::int64_t i, std::int64_t j) {
        double sum = head_product(q, i, k, j, head, width);
        std::int64_t const s = span(config);
        std::int64_t const u =
            std::clamp<std::int64_t>(bucket(i - j, options.buckets, farthest(config)) + s, 0, 2 * s - 1);
        if (relative_key.rows > 0) sum += head_product(q, i, relative_key, u, head, width);
        if (relative_query.rows > 0) sum += head_product(k, j, relative_query, u, head, width);
        return sum / root;
    };
    return attend(x.rows, linear(x, self.at("value_proj")), config.heads, score);
}

Matrix block(EncoderConfig const& config, Weights const& weights, Scope const& at, Matrix const& x)
{
    Matrix const mixed = attention(config, weights, at.at("attention.self"), x);
    Scope const after = at.at("attention.output");
    Matrix const h = layer_norm(add(x, linear(mixed, after.at("dense"))), after.at("LayerNorm"), config.norm_epsilon);
    Matrix const inner = activate(config.activation, linear(h, at.at("intermediate.dense")));
    return layer_norm(add(h, linear(inner, at.at("output.dense"))), at.at("output.LayerNorm"), config.norm_epsilon);
}

/// Along the row, zeros beyond its ends; weight [out, in / groups * kernel].
Matrix convolve(EncoderConfig const& config, Scope const& at, Matrix const& x)
{
    std::int64_t const kernel = config.deberta.conv_kernel, groups = config.deberta.conv_groups;
    std::int64_t const in = x.columns / groups, out = x.columns / groups;
    Matrix const& w = at["weight"];
    Matrix y(x.rows, x.columns);
    for (std::int64_t i = 0; i < x.rows; ++i) {
        for (std::int64_t o = 0; o < x.columns; ++o) {
            double sum = at["bias"].at(0, o);
            for (std::int64_t c = 0; c < in; ++c) {
                for (std::int64_t tap = 0; tap < kernel; ++tap) {
                    std::int64_t const from = i + tap - (kernel - 1) / 2;
                    if (from < 0 || from >= x.rows) continue;
                    sum += w.at(o, c * kernel + tap) * x.at(from, o / out * in + c);
                }
            }
            y.at(i, o) = sum;
        }
    }
    return y;
}

Matrix add_convolution(EncoderConfig const& config, Weights const& weights, Matrix const& embedded, Matrix const& first)
{
    Scope const at = Scope(weights).at("encoder.conv");
    Matrix const c = activate(config.deberta.conv_activation, convolve(config, at.at("conv"), embedded));
    return layer_norm(add(first, c), at.at("LayerNorm"), config.norm_epsilon);
}

}  // namespace

std::int64_t bucket(std::int64_t distance, std::int64_t buckets, std::int64_t max_relative)
{
    std::int64_t const middle = buckets / 2, size = std::abs(distance);
    if (buckets <= 0 || size <= middle) return distance;
    float const mid = static_cast<float>(middle);
    float const growth =
        std::log(static_cast<float>(size) / mid) / std::log(static_cast<float>(max_relative - 1) / mid);
    auto const far = middle + static_cast<std::int64_t>(std::ceil(growth * (mid - 1)));
    return distance > 0 ? far : -far;
}

std::vector<Matrix> deberta_states(EncoderConfig const& config, Weights const& weights, Row const& row)
{
    std::vector<Matrix> states{embed(config, weights, row)};
    for (std::int64_t i = 0; i < config.layers; ++i) {
        Matrix y = block(config, weights, Scope(weights).at("encoder.layer").at(i), states.back());
        if (i == 0 && config.deberta.conv_kernel > 0) y = add_convolution(config, weights, states.front(), y);
        states.push_back(std::move(y));
    }
    return states;
}

}  // namespace ablatrix::nn::oracle
