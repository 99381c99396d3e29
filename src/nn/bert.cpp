#include <ATen/ATen.h>

#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/attention.hpp"
#include "detail/backbone.hpp"
#include "detail/blocks.hpp"

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

/// h = LN(x + Drop(W_o Attn(x))), y = LN(h + Drop(W_2 gelu(W_1 h))) (models.md 2.2)
struct BertLayer : torch::nn::Module
{
    BertLayer(EncoderConfig const& config, std::uint32_t index, Precision precision)
        : query(add<Linear>(*this, "attention.self.query", config.hidden, config.hidden, precision)),
          key(add<Linear>(*this, "attention.self.key", config.hidden, config.hidden, precision)),
          value(add<Linear>(*this, "attention.self.value", config.hidden, config.hidden, precision)),
          attention_dense(add<Linear>(*this, "attention.output.dense", config.hidden, config.hidden, precision)),
          attention_norm(add<LayerNorm>(*this, "attention.output.LayerNorm", config.hidden, config.norm_epsilon)),
          intermediate(add<Linear>(*this, "intermediate.dense", config.hidden, config.ffn, precision)),
          output(add<Linear>(*this, "output.dense", config.ffn, config.hidden, precision)),
          output_norm(add<LayerNorm>(*this, "output.LayerNorm", config.hidden, config.norm_epsilon)),
          activation(config.activation),
          hidden_dropout(config.hidden_dropout),
          options{config.heads, false, precision, config.attention_dropout, index, Site::attention}
    {}

    /// [T x hidden] -> [T x hidden]
    at::Tensor forward(at::Tensor const& x, Batch const& batch, Dropout const& dropout) const
    {
        auto const context = attention(query->forward(x), key->forward(x), value->forward(x), batch, dropout, options);
        return finish(x, context, batch, dropout);
    }

    /// [T x hidden] -> the state of each row's first token, [rows x hidden]
    at::Tensor first_tokens(at::Tensor const& x, Batch const& batch, Dropout const& dropout) const
    {
        auto const asked = x.index_select(0, batch.first);
        std::vector<std::int64_t> const places(static_cast<std::size_t>(batch.rows()), 0);
        auto const context =
            attention(query->forward(asked), key->forward(x), value->forward(x), batch, dropout, options, places);
        return finish(asked, context, batch, dropout);
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
        return dropout.apply(x, hidden_dropout, options.layer, site, batch);
    }

    std::shared_ptr<Linear> query, key, value, attention_dense;
    std::shared_ptr<LayerNorm> attention_norm;
    std::shared_ptr<Linear> intermediate, output;
    std::shared_ptr<LayerNorm> output_norm;
    Activation activation;
    double hidden_dropout;
    AttentionOptions options;
};

/// RoBERTa counts tokens that are not padding by their ids, from pad + 1; a padding token has position pad.
at::Tensor positions_from_ids(Batch const& batch, std::int64_t pad)
{
    auto const counted = batch.ids.ne(pad).to(at::kLong);
    auto const before = at::cat({at::zeros({1}, counted.options()), counted.cumsum(0)});
    auto const up_to = before.slice(0, 1) - before.index_select(0, batch.first).index_select(0, batch.row);
    return up_to * counted + pad;
}

struct Bert : Backbone
{
    Bert(EncoderConfig const& config, Precision precision)
        : config(config),
          words(add<Embedding>(*this, "embeddings.word_embeddings", config.vocabulary, config.embedding, config.pad)),
          positions(add<Embedding>(*this, "embeddings.position_embeddings", config.positions, config.embedding,
                                   config.family == Family::roberta ? config.pad : -1)),
          types(add<Embedding>(*this, "embeddings.token_type_embeddings", config.types, config.embedding)),
          norm(add<LayerNorm>(*this, "embeddings.LayerNorm", config.embedding, config.norm_epsilon))
    {
        if (config.embedding != config.hidden) {
            project = add<Linear>(*this, "embeddings_project", config.embedding, config.hidden, precision);
        }
        for (std::int64_t i = 0; i < config.layers; ++i) {
            auto const path = "encoder.layer." + std::to_string(i);
            layers.push_back(add<BertLayer>(*this, path, config, static_cast<std::uint32_t>(i), precision));
        }
    }

    at::Tensor hidden(Batch const& batch, Dropout const& dropout) override
    {
        auto x = embed(batch, dropout);
        for (auto const& layer : layers)
            x = layer->forward(x, batch, dropout);
        return x;
    }

    at::Tensor sentence(Batch const& batch, Dropout const& dropout) override
    {
        ABLATRIX_EXPECT(!batch.has_empty_row());
        auto x = embed(batch, dropout);
        for (auto const& layer : layers)
            x = layer == layers.back() ? layer->first_tokens(x, batch, dropout) : layer->forward(x, batch, dropout);
        return x;
    }

    at::Tensor embed(Batch const& batch, Dropout const& dropout) const
    {
        ABLATRIX_EXPECT(batch.longest() <= config.longest_row());
        bool const roberta = config.family == Family::roberta;
        auto const position = roberta ? positions_from_ids(batch, config.pad) : batch.position;
        auto const type = roberta ? at::zeros_like(batch.types) : batch.types;
        auto const sum = words->forward(batch.ids) + positions->forward(position) + types->forward(type);
        auto const x = dropout.apply(norm->forward(sum), config.hidden_dropout, 0, Site::embedding, batch);
        return project ? project->forward(x) : x;
    }

    EncoderConfig config;
    std::shared_ptr<Embedding> words, positions, types;
    std::shared_ptr<LayerNorm> norm;
    std::shared_ptr<Linear> project;
    std::vector<std::shared_ptr<BertLayer>> layers;
};

}  // namespace

std::shared_ptr<Backbone> make_bert(EncoderConfig const& config, Precision precision)
{
    return std::make_shared<Bert>(config, precision);
}

}  // namespace ablatrix::nn::detail
