#include <ablatrix/nn/text_classifier.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/checkpoint.hpp"
#include "detail/device.hpp"
#include "detail/fine_tune.hpp"
#include "detail/head_init.hpp"
#include "detail/precision.hpp"
#include "detail/sentence_layout.hpp"
#include "detail/threads.hpp"
#include "detail/transfer.hpp"

namespace ablatrix::nn {
namespace {

std::size_t cut_rows(text::TokenRows const& tokens)
{
    return static_cast<std::size_t>(std::ranges::count(tokens.truncated, std::uint8_t{1}));
}

/// One of several classes is what a softmax is for.
void require_classes(EncoderConfig const& config, std::filesystem::path const& folder)
{
    constexpr char const* way_out =
        ". Use a checkpoint that was trained for single_label_classification, or train one (ablatrix model finetune)";
    auto const file = (folder / "config.json").string();
    if (!config.problem_type.empty() && config.problem_type != "single_label_classification")
        throw DataError(file, 0,
                        "problem_type is " + config.problem_type + ", so its head does not choose one class" + way_out);
    if (config.labels.size() < 2)
        throw DataError(file, 0, std::string{"names one label, so its head gives a number, not a class"} + way_out);
}

}  // namespace

class TextClassifier::Impl
{
  public:
    Impl(std::filesystem::path folder, EncoderConfig encoder_config, Compute const& compute)
        : config(std::move(encoder_config)),
          source(std::move(folder)),
          compute(compute),
          device(detail::device_of(compute)),
          tokenizer(detail::load_tokenizer(source, config)),
          backbone(detail::make_backbone(config, compute.precision)),
          head(detail::make_classifier_head(config, static_cast<std::int64_t>(config.labels.size())))
    {}

    void to_device()
    {
        backbone->to(device);
        head->to(device);
    }

    detail::ClassifierModules modules() const
    {
        auto const classes = static_cast<std::int64_t>(config.labels.size());
        return {*backbone, *head, device, classes, compute.precision, config.json};
    }

    text::TokenRows tokens(std::span<std::string const> texts, std::span<std::string const> texts2,
                           int max_length) const
    {
        auto const longest = static_cast<int>(config.longest_row());
        text::EncodeOptions const options{.max_length = max_length > 0 ? std::min(max_length, longest) : longest,
                                          .threads = compute.threads};
        auto out = texts2.empty() ? tokenizer.encode(texts, options) : tokenizer.encode_pairs(texts, texts2, options);
        detail::check_types(out, source, config);
        return out;
    }

    EncoderConfig config;
    std::filesystem::path source;
    Compute compute;
    at::Device device;
    text::Tokenizer tokenizer;
    std::shared_ptr<detail::Backbone> backbone;
    std::shared_ptr<detail::Head> head;
};

TextClassifier::TextClassifier(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

TextClassifier TextClassifier::load(std::filesystem::path const& folder, Compute const& compute)
{
    auto const source = detail::encoder_folder(folder);
    auto config = read_encoder_config(source);
    require_classes(config, source);
    auto impl = std::make_shared<Impl>(source, std::move(config), compute);
    detail::load_checkpoint(Safetensors::open(source), impl->config, *impl->backbone, impl->head.get());
    impl->to_device();
    return TextClassifier(std::move(impl));
}

TextClassifier TextClassifier::with_new_head(std::filesystem::path const& folder,
                                             std::vector<std::string> const& labels, FineTuneSeed seed,
                                             Compute const& compute)
{
    ABLATRIX_VALIDATE(labels.size() >= 2, "fewer than two labels (new classification head). Name every class");
    auto const source = detail::encoder_folder(folder);
    auto config = read_encoder_config(source);
    config.labels = labels;
    auto impl = std::make_shared<Impl>(source, std::move(config), compute);
    auto const fresh = detail::load_checkpoint(Safetensors::open(source), impl->config, *impl->backbone,
                                               impl->head.get(), detail::HeadSource::fresh);
    detail::initialise_head(*impl->head, fresh, impl->config.init_std, seed.seed, seed.fold);
    impl->to_device();
    return TextClassifier(std::move(impl));
}

FineTuneDynamics TextClassifier::fine_tune(std::span<std::string const> texts, std::span<std::string const> texts2,
                                           std::span<std::int32_t const> labels, std::span<float const> weights,
                                           FineTuneOptions const& options, FineTuneSeed seed, FineTuneRun const& run)
{
    ABLATRIX_EXPECT(labels.size() == texts.size() && (texts2.empty() || texts2.size() == texts.size()));
    ABLATRIX_EXPECT(weights.empty() || weights.size() == texts.size());
    detail::Threads const threads(impl_->compute.threads);
    detail::PrecisionScope const precision(impl_->compute.precision);
    auto const tokens = impl_->tokens(texts, texts2, options.max_length);
    auto out = detail::fine_tune(impl_->modules(), {tokens, labels, weights}, options, seed, run);
    out.truncated = cut_rows(tokens);
    return out;
}

TextClassifier::Output TextClassifier::classify(std::span<std::string const> texts, std::span<std::string const> texts2,
                                                int max_length, bool features) const
{
    ABLATRIX_EXPECT(texts2.empty() || texts2.size() == texts.size());
    if (texts.empty()) return {};
    detail::Threads const threads(impl_->compute.threads);
    detail::PrecisionScope const precision(impl_->compute.precision);
    auto const tokens = impl_->tokens(texts, texts2, max_length);
    auto const evaluation = detail::evaluate(impl_->modules(), tokens, features);
    Output out{.logits = detail::on_host(evaluation.logits), .truncated = cut_rows(tokens)};
    if (features) out.features = detail::on_host(evaluation.sentences);
    return out;
}

void TextClassifier::save(std::filesystem::path const& folder) const
{
    detail::save_classifier(folder, impl_->config, *impl_->backbone, *impl_->head, impl_->source);
}

EncoderConfig const& TextClassifier::config() const
{
    return impl_->config;
}

}  // namespace ablatrix::nn
