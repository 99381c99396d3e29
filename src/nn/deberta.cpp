#include <ATen/ATen.h>

#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/backbone.hpp"
#include "detail/blocks.hpp"
#include "detail/disentangled_attention.hpp"

/// \file
/// DeBERTa-v2 and v3 (He et al. 2021, models.md 2.3).

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

/// BERT's block around another attention.
struct DebertaLayer : torch::nn::Module
{
    DebertaLayer(EncoderConfig const& config, std::uint32_t index, Precision precision)
        : attention(add<DisentangledAttention>(*this, "attention.self", config, index, precision)),
          attention_dense(add<Linear>(*this, "attention.output.dense", config.hidden, config.hidden, precision)),
          attention_norm(add<LayerNorm>(*this, "attention.output.LayerNorm", config.hidden, config.norm_epsilon)),
          intermediate(add<Linear>(*this, "intermediate.dense", config.hidden, config.ffn, precision)),
          output(add<Linear>(*this, "output.dense", config.ffn, config.hidden, precision)),
          output_norm(add<LayerNorm>(*this, "output.LayerNorm", config.hidden, config.norm_epsilon)),
          activation(config.activation),
          hidden_dropout(config.hidden_dropout),
          index(index)
    {}

    /// [T x hidden] -> [T x hidden]
    at::Tensor forward(at::Tensor const& x, at::Tensor const& table, Batch const& batch, Dropout const& dropout) const
    {
        return finish(x, attention->forward(x, table, batch, dropout), batch, dropout);
    }

    /// [T x hidden] -> the state of each row's first token, [rows x hidden]
    at::Tensor first_tokens(at::Tensor const& x, at::Tensor const& table, Batch const& batch,
                            Dropout const& dropout) const
    {
        auto const context = attention->first_tokens(x, table, batch, dropout);
        return finish(x.index_select(0, batch.first), context, batch, dropout);
    }

    at::Tensor finish(at::Tensor const& asked, at::Tensor const& context, Batch const& batch,
                      Dropout const& dropout) const
    {
        auto const attended = drop(attention_dense->forward(context), Site::attention_output, batch, dropout);
        auto const h = add_norm(*attention_norm, asked, attended);
        auto const wide = linear_activation(*intermediate, h, activation);
        return add_norm(*output_norm, h, drop(output->forward(wide), Site::ffn_output, batch, dropout));
    }

    at::Tensor drop(at::Tensor const& x, Site site, Batch const& batch, Dropout const& dropout) const
    {
        return dropout.apply(x, hidden_dropout, index, site, batch);
    }

    std::shared_ptr<DisentangledAttention> attention;
    std::shared_ptr<Linear> attention_dense;
    std::shared_ptr<LayerNorm> attention_norm;
    std::shared_ptr<Linear> intermediate, output;
    std::shared_ptr<LayerNorm> output_norm;
    Activation activation;
    double hidden_dropout;
    std::uint32_t index;
};

/// `conv.conv`: along the tokens of a row, with zeros beyond its ends.
struct RowConvolution : torch::nn::Module
{
    RowConvolution(std::int64_t width, std::int64_t kernel, std::int64_t groups)
        : weight(register_parameter("weight", at::empty({width, width / groups, kernel}))),
          bias(register_parameter("bias", at::empty({width}))),
          groups(groups)
    {}

    at::Tensor forward(at::Tensor const& x, Batch const& batch) const
    {
        if (x.size(0) == 0) return x;
        auto const rows = pad_rows(x, batch).view({batch.rows(), batch.longest(), x.size(1)}).transpose(1, 2);
        auto const y = at::conv1d(rows, weight, bias, 1, (weight.size(2) - 1) / 2, 1, groups);
        return unpad_rows(y.transpose(1, 2).reshape({-1, x.size(1)}), batch);
    }

    at::Tensor weight, bias;
    std::int64_t groups;
};

/// v2's extra branch beside the first layer: LN(y + act(Drop(Conv(embeddings)))).
struct ConvolutionBranch : torch::nn::Module
{
    explicit ConvolutionBranch(EncoderConfig const& config)
        : convolution(add<RowConvolution>(*this, "conv", config.hidden, config.deberta.conv_kernel,
                                          config.deberta.conv_groups)),
          norm(add<LayerNorm>(*this, "LayerNorm", config.hidden, config.norm_epsilon)),
          activation(config.deberta.conv_activation),
          hidden_dropout(config.hidden_dropout)
    {}

    at::Tensor forward(at::Tensor const& embedded, at::Tensor const& y, Batch const& batch,
                       Dropout const& dropout) const
    {
        auto const c =
            dropout.apply(convolution->forward(embedded, batch), hidden_dropout, 0, Site::convolution, batch);
        return add_norm(*norm, y, activate(c, activation));
    }

    std::shared_ptr<RowConvolution> convolution;
    std::shared_ptr<LayerNorm> norm;
    Activation activation;
    double hidden_dropout;
};

struct Deberta : Backbone
{
    Deberta(EncoderConfig const& config, Precision precision)
        : config(config),
          words(add<Embedding>(*this, "embeddings.word_embeddings", config.vocabulary, config.embedding, config.pad)),
          norm(add<LayerNorm>(*this, "embeddings.LayerNorm", config.hidden, config.norm_epsilon))
    {
        auto const& options = config.deberta;
        if (options.position_biased_input) {
            positions = add<Embedding>(*this, "embeddings.position_embeddings", config.positions, config.embedding);
        }
        if (config.types > 0) {
            types = add<Embedding>(*this, "embeddings.token_type_embeddings", config.types, config.embedding);
        }
        if (config.embedding != config.hidden) {
            project = add<Linear>(*this, "embeddings.embed_proj", config.embedding, config.hidden, precision, false);
        }
        if (options.relative_attention) {
            relative = add<Embedding>(*this, "encoder.rel_embeddings", 2 * relative_span(config), config.hidden);
        }
        if (options.norm_relative) {
            relative_norm = add<LayerNorm>(*this, "encoder.LayerNorm", config.hidden, config.norm_epsilon);
        }
        if (options.conv_kernel > 0) branch = add<ConvolutionBranch>(*this, "encoder.conv", config);
        for (std::int64_t i = 0; i < config.layers; ++i) {
            auto const path = "encoder.layer." + std::to_string(i);
            layers.push_back(add<DebertaLayer>(*this, path, config, static_cast<std::uint32_t>(i), precision));
        }
    }

    at::Tensor hidden(Batch const& batch, Dropout const& dropout) override
    {
        return run(layers.size(), batch, dropout);
    }

    at::Tensor sentence(Batch const& batch, Dropout const& dropout) override
    {
        ABLATRIX_EXPECT(!batch.has_empty_row());
        auto const whole = layers.size() - 1;
        if (whole == 0 && branch) return hidden(batch, dropout).index_select(0, batch.first);
        return layers.back()->first_tokens(run(whole, batch, dropout), relative_table(), batch, dropout);
    }

    bool pads(at::Device) const override { return true; }

    /// States after \p count layers, [T x hidden].
    at::Tensor run(std::size_t count, Batch const& batch, Dropout const& dropout) const
    {
        auto const embedded = embed(batch, dropout);
        auto const table = relative_table();
        auto x = embedded;
        for (std::size_t i = 0; i < count; ++i) {
            x = layers[i]->forward(x, table, batch, dropout);
            if (branch && i == 0) x = branch->forward(embedded, x, batch, dropout);
        }
        return x;
    }

    at::Tensor embed(Batch const& batch, Dropout const& dropout) const
    {
        ABLATRIX_EXPECT(batch.longest() <= config.longest_row());
        auto sum = words->forward(batch.ids);
        if (positions) sum = sum + positions->forward(batch.position);
        if (types) sum = sum + types->forward(batch.types);
        auto const x = norm->forward(project ? project->forward(sum) : sum);
        return dropout.apply(x, config.hidden_dropout, 0, Site::embedding, batch);
    }

    at::Tensor relative_table() const
    {
        if (!relative) return {};
        return relative_norm ? relative_norm->forward(relative->weight) : relative->weight;
    }

    EncoderConfig config;
    std::shared_ptr<Embedding> words, positions, types, relative;
    std::shared_ptr<LayerNorm> norm, relative_norm;
    std::shared_ptr<Linear> project;
    std::shared_ptr<ConvolutionBranch> branch;
    std::vector<std::shared_ptr<DebertaLayer>> layers;
};

}  // namespace

std::shared_ptr<Backbone> make_deberta(EncoderConfig const& config, Precision precision)
{
    return std::make_shared<Deberta>(config, precision);
}

}  // namespace ablatrix::nn::detail
