#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/nn/encoder.hpp>

#include "detail/backbone.hpp"
#include "detail/checkpoint.hpp"
#include "detail/device.hpp"
#include "detail/frozen.hpp"
#include "detail/pooling.hpp"
#include "detail/precision.hpp"
#include "detail/row_groups.hpp"
#include "detail/sentence_layout.hpp"
#include "detail/threads.hpp"

namespace ablatrix::nn {
namespace {

// Tokens of one forward pass. On the CPU each thread computes batches of its own, whose activations stay in its cache;
// a device needs enough of them to keep it busy.
constexpr std::int64_t tokens_on_cpu = 512;
constexpr std::int64_t tokens_on_device = 16384;

/// \p max_length 0: what the files say, as far as the positions reach.
EmbedOptions limited(detail::SentenceLayout const& layout, EncoderConfig const& config, int max_length)
{
    auto const longest = static_cast<int>(config.longest_row());
    if (max_length > longest) {
        throw DataError((layout.encoder / "config.json").string(), 0,
                        "rows of " + std::to_string(max_length) + " tokens were asked for, positions allow " +
                            std::to_string(longest) + ". Ask for fewer");
    }
    auto out = layout.options;
    if (max_length > 0) out.max_length = max_length;
    out.max_length = out.max_length > 0 ? std::min(out.max_length, longest) : longest;
    return out;
}

}  // namespace

class Embedder::Impl
{
  public:
    Impl(detail::SentenceLayout const& layout, Compute const& asked, int max_length)
        : folder(layout.encoder),
          config(read_encoder_config(folder)),
          options(limited(layout, config, max_length)),
          compute(asked),
          device(detail::device_of(asked)),
          tokenizer(detail::load_tokenizer(folder, config)),
          backbone(detail::make_backbone(config, asked.precision))
    {
        detail::load_checkpoint(Safetensors::open(folder), config, *backbone);
        backbone->to(device);
        frozen = std::make_unique<detail::Frozen>(*backbone);
    }

    /// Vectors of the rows \p which.
    at::Tensor vectors(text::TokenRows const& tokens, std::span<std::size_t const> which) const
    {
        c10::InferenceMode const inference;
        auto const batch = detail::make_batch(tokens, which, device);
        auto const pooled = detail::pool(backbone->hidden(batch, detail::Dropout()), batch, options.pooling);
        auto const out = options.normalize ? detail::unit_rows(pooled) : pooled;
        return out.to(at::kCPU).contiguous();
    }

    std::filesystem::path folder;  ///< of the encoder
    EncoderConfig config;
    EmbedOptions options;
    Compute compute;
    at::Device device;
    text::Tokenizer tokenizer;
    std::shared_ptr<detail::Backbone> backbone;
    std::unique_ptr<detail::Frozen> frozen;
};

Embedder::Embedder(std::shared_ptr<Impl const> impl) : impl_(std::move(impl)) {}

Embedder Embedder::load(std::filesystem::path const& folder, Compute const& compute, int max_length)
{
    return Embedder(std::make_shared<Impl const>(detail::read_sentence_layout(folder), compute, max_length));
}

std::vector<float> Embedder::embed(std::span<std::string const> texts,
                                   std::function<void(std::size_t done)> const& progress) const
{
    auto const width = static_cast<std::size_t>(dim());
    std::vector<float> out(texts.size() * width);
    auto const& compute = impl_->compute;
    auto const tokens =
        impl_->tokenizer.encode(texts, {.max_length = impl_->options.max_length, .threads = compute.threads});
    detail::check_types(tokens, impl_->folder, impl_->config);
    bool const on_cpu = impl_->device.is_cpu();
    auto const groups =
        detail::group_by_length(tokens, detail::all_rows(tokens.rows()), tokens.rows(),
                                on_cpu ? tokens_on_cpu : tokens_on_device, impl_->backbone->pads(impl_->device));
    std::mutex reporting;
    std::size_t done = 0;
    detail::PrecisionScope const precision(compute.precision);
    base::parallel_for(groups.size(), on_cpu ? compute.threads : 1, [&](std::size_t g) {
        detail::Threads const one(1);
        auto const vectors = impl_->vectors(tokens, groups[g]);
        auto const* const from = vectors.data_ptr<float>();
        for (std::size_t i = 0; i < groups[g].size(); ++i)
            std::memcpy(out.data() + groups[g][i] * width, from + i * width, width * sizeof(float));
        std::lock_guard const lock(reporting);
        done += groups[g].size();
        if (progress) progress(done);
    });
    return out;
}

std::int64_t Embedder::dim() const
{
    return impl_->config.hidden;
}

EmbedOptions const& Embedder::options() const
{
    return impl_->options;
}

EncoderConfig const& Embedder::config() const
{
    return impl_->config;
}

text::Tokenizer const& Embedder::tokenizer() const
{
    return impl_->tokenizer;
}

EmbedOptions read_embed_options(std::filesystem::path const& folder)
{
    auto const layout = detail::read_sentence_layout(folder);
    return limited(layout, read_encoder_config(layout.encoder), 0);
}

}  // namespace ablatrix::nn
