#include <ATen/ATen.h>

#include "detail/fine_tune.hpp"
#include "detail/frozen.hpp"
#include "detail/row_groups.hpp"
#include "detail/transfer.hpp"

namespace ablatrix::nn::detail {
namespace {

/// Tokens of one forward pass: enough to keep every core or device busy, few enough for activations to stay in caches.
constexpr std::int64_t tokens_on_cpu = 2048;
constexpr std::int64_t tokens_on_device = 32768;

}  // namespace

Evaluation evaluate(ClassifierModules const& modules, text::TokenRows const& tokens, bool with_sentences)
{
    c10::NoGradGuard const no_gradients;
    Frozen const backbone(modules.backbone), head(modules.head);
    Dropout const none;
    auto const count = tokens.rows();
    auto const most_tokens = modules.device.is_cpu() ? tokens_on_cpu : tokens_on_device;
    std::vector<at::Tensor> sentences, logits;
    std::vector<std::size_t> order;
    auto const groups =
        group_by_length(tokens, all_rows(count), count, most_tokens, modules.backbone.pads(modules.device));
    for (auto const& group : groups) {
        auto const batch = make_batch(tokens, group, modules.device);
        auto const sentence = modules.backbone.sentence(batch, none);
        logits.push_back(modules.head.logits(sentence, batch, none));
        if (with_sentences) sentences.push_back(sentence);
        order.insert(order.end(), group.begin(), group.end());
    }
    auto const index = index_of(order, modules.device);
    auto const in_order = [&index](std::vector<at::Tensor> const& groups) {
        auto const all = at::cat(groups);
        return at::empty_like(all).index_copy_(0, index, all);
    };
    return {with_sentences ? in_order(sentences) : at::Tensor{}, in_order(logits)};
}

}  // namespace ablatrix::nn::detail
