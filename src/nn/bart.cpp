#include <ATen/ATen.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/attention.hpp"
#include "detail/backbone.hpp"
#include "detail/blocks.hpp"

/// \file
/// BART (Lewis et al. 2020, models.md 2.4) as a classifier: the row is encoded, and read again, shifted by one, by the
/// decoder, whose rows are therefore as long as the encoder's.

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

/// One side's table of positions starts with two rows that no token has.
constexpr std::int64_t first_position = 2;

/// LN(x + Drop(W_o Attn(x, source))), with the names of \p name.
struct BartAttention
{
    BartAttention(torch::nn::Module& layer, std::string const& name, EncoderConfig const& config,
                  AttentionOptions const& options, Site after)
        : query(add<Linear>(layer, name + ".q_proj", config.hidden, config.hidden, options.precision)),
          key(add<Linear>(layer, name + ".k_proj", config.hidden, config.hidden, options.precision)),
          value(add<Linear>(layer, name + ".v_proj", config.hidden, config.hidden, options.precision)),
          out(add<Linear>(layer, name + ".out_proj", config.hidden, config.hidden, options.precision)),
          norm(add<LayerNorm>(layer, name + "_layer_norm", config.hidden, config.norm_epsilon)),
          options(options),
          hidden_dropout(config.hidden_dropout),
          after(after)
    {}

    /// \p x [T x hidden], or, with \p places, one state a row, which stands there in its row.
    at::Tensor forward(at::Tensor const& x, at::Tensor const& source, Batch const& batch, Dropout const& dropout,
                       std::span<std::int64_t const> places = {}) const
    {
        auto const context =
            attention(query->forward(x), key->forward(source), value->forward(source), batch, dropout, options, places);
        return add_norm(*norm, x, dropout.apply(out->forward(context), hidden_dropout, options.layer, after, batch));
    }

    std::shared_ptr<Linear> query, key, value, out;
    std::shared_ptr<LayerNorm> norm;
    AttentionOptions options;
    double hidden_dropout;
    Site after;
};

struct BartFeedForward
{
    BartFeedForward(torch::nn::Module& layer, EncoderConfig const& config, std::int64_t width, std::uint32_t index,
                    Precision precision)
        : wide(add<Linear>(layer, "fc1", config.hidden, width, precision)),
          narrow(add<Linear>(layer, "fc2", width, config.hidden, precision)),
          norm(add<LayerNorm>(layer, "final_layer_norm", config.hidden, config.norm_epsilon)),
          activation(config.activation),
          activation_dropout(config.activation_dropout),
          hidden_dropout(config.hidden_dropout),
          index(index)
    {}

    at::Tensor forward(at::Tensor const& x, Batch const& batch, Dropout const& dropout) const
    {
        auto const inner =
            dropout.apply(linear_activation(*wide, x, activation), activation_dropout, index, Site::activation, batch);
        return add_norm(*norm, x,
                        dropout.apply(narrow->forward(inner), hidden_dropout, index, Site::ffn_output, batch));
    }

    std::shared_ptr<Linear> wide, narrow;
    std::shared_ptr<LayerNorm> norm;
    Activation activation;
    double activation_dropout, hidden_dropout;
    std::uint32_t index;
};

struct BartEncoderLayer : torch::nn::Module
{
    BartEncoderLayer(EncoderConfig const& config, std::uint32_t index, Precision precision)
        : own(*this, "self_attn", config,
              {config.heads, false, precision, config.attention_dropout, index, Site::attention},
              Site::attention_output),
          feed_forward(*this, config, config.ffn, index, precision)
    {}

    at::Tensor forward(at::Tensor const& x, Batch const& batch, Dropout const& dropout) const
    {
        return feed_forward.forward(own.forward(x, x, batch, dropout), batch, dropout);
    }

    BartAttention own;
    BartFeedForward feed_forward;
};

struct BartDecoderLayer : torch::nn::Module
{
    BartDecoderLayer(EncoderConfig const& config, std::uint32_t index, Precision precision)
        : own(*this, "self_attn", config,
              {config.decoder_heads, true, precision, config.attention_dropout, index, Site::attention},
              Site::attention_output),
          cross(*this, "encoder_attn", config,
                {config.decoder_heads, false, precision, config.attention_dropout, index, Site::cross_attention},
                Site::cross_output),
          feed_forward(*this, config, config.decoder_ffn, index, precision)
    {}

    /// The states of \p asked: all of \p x, or, with \p places, one a row, which stands there in its row.
    at::Tensor forward(at::Tensor const& asked, at::Tensor const& x, at::Tensor const& source, Batch const& batch,
                       Dropout const& dropout, std::span<std::int64_t const> places = {}) const
    {
        auto const h = own.forward(asked, x, batch, dropout, places);
        return feed_forward.forward(cross.forward(h, source, batch, dropout, places), batch, dropout);
    }

    BartAttention own, cross;
    BartFeedForward feed_forward;
};

/// Positions, norm and layers of the encoder or the decoder; words are shared.
template <typename Layer>
struct BartSide
{
    /// Dropout counts the decoder's layers behind the encoder's: \p first_layer.
    BartSide(torch::nn::Module& root, std::string const& name, EncoderConfig const& config, std::int64_t depth,
             std::int64_t first_layer, Precision precision)
        : positions(add<Embedding>(root, name + ".embed_positions", config.positions + first_position, config.hidden)),
          norm(add<LayerNorm>(root, name + ".layernorm_embedding", config.hidden, config.norm_epsilon)),
          hidden_dropout(config.hidden_dropout),
          index(static_cast<std::uint32_t>(first_layer))
    {
        for (std::int64_t i = 0; i < depth; ++i) {
            layers.push_back(add<Layer>(root, name + ".layers." + std::to_string(i), config,
                                        static_cast<std::uint32_t>(first_layer + i), precision));
        }
    }

    at::Tensor embed(at::Tensor const& words, Batch const& batch, Dropout const& dropout) const
    {
        auto const x = norm->forward(words + positions->forward(batch.position + first_position));
        return dropout.apply(x, hidden_dropout, index, Site::embedding, batch);
    }

    std::shared_ptr<Embedding> positions;
    std::shared_ptr<LayerNorm> norm;
    std::vector<std::shared_ptr<Layer>> layers;
    double hidden_dropout;
    std::uint32_t index;
};

struct Bart : Backbone
{
    Bart(EncoderConfig const& config, Precision precision)
        : config(config),
          words(add<Embedding>(*this, "shared", config.vocabulary, config.hidden, config.pad)),
          encoder(*this, "encoder", config, config.layers, 0, precision),
          decoder(*this, "decoder", config, config.decoder_layers, config.layers, precision)
    {}

    at::Tensor hidden(Batch const& batch, Dropout const& dropout) override
    {
        auto const source = encode(batch, dropout);
        return decode(decoder.layers.size(), source, batch, dropout);
    }

    at::Tensor sentence(Batch const& batch, Dropout const& dropout) override
    {
        ABLATRIX_EXPECT(!batch.has_empty_row());
        auto const places = last_ends(batch);
        auto const source = encode(batch, dropout);
        auto const x = decode(decoder.layers.size() - 1, source, batch, dropout);
        auto const asked = x.index_select(0, batch.first + at::tensor(places, at::kLong).to(batch.first.device()));
        return decoder.layers.back()->forward(asked, x, source, batch, dropout, places);
    }

    /// States after \p count layers of the decoder, which reads each row's tokens behind a start token, without the
    /// last.
    at::Tensor decode(std::size_t count, at::Tensor const& source, Batch const& batch, Dropout const& dropout) const
    {
        auto const shifted = batch.ids.roll(1).masked_fill(batch.position.eq(0), config.decoder_start);
        auto x = decoder.embed(embed_words(shifted), batch, dropout);
        for (std::size_t i = 0; i < count; ++i)
            x = decoder.layers[i]->forward(x, x, source, batch, dropout);
        return x;
    }

    at::Tensor encode(Batch const& batch, Dropout const& dropout) const
    {
        ABLATRIX_EXPECT(batch.longest() <= config.longest_row());
        auto x = encoder.embed(embed_words(batch.ids), batch, dropout);
        for (auto const& layer : encoder.layers)
            x = layer->forward(x, batch, dropout);
        return x;
    }

    at::Tensor embed_words(at::Tensor const& ids) const
    {
        auto const x = words->forward(ids);
        return config.scale_embedding ? x * std::sqrt(static_cast<double>(config.hidden)) : x;
    }

    /// Position of the last end-of-sequence token in each row. A text may contain more of them.
    std::vector<std::int64_t> last_ends(Batch const& batch) const
    {
        auto const ids = batch.ids.cpu();
        auto const* const id = ids.data_ptr<std::int64_t>();
        std::vector<std::int64_t> out;
        for (std::int64_t b = 0; b < batch.rows(); ++b) {
            auto const* const row = id + batch.row_begin[b];
            auto place = batch.length(b) - 1;
            while (place >= 0 && row[place] != config.eos)
                --place;
            ABLATRIX_VALIDATE(place >= 0, "a row has no end-of-sequence token (id " + std::to_string(config.eos) +
                                              "), whose state BART's classifier reads. Encode with special tokens");
            out.push_back(place);
        }
        return out;
    }

    EncoderConfig config;
    std::shared_ptr<Embedding> words;
    BartSide<BartEncoderLayer> encoder;
    BartSide<BartDecoderLayer> decoder;
};

}  // namespace

std::shared_ptr<Backbone> make_bart(EncoderConfig const& config, Precision precision)
{
    return std::make_shared<Bart>(config, precision);
}

}  // namespace ablatrix::nn::detail
