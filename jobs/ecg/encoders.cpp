#include "jobs/ecg/encoders.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::ecg {
namespace {

std::string name_of(nn::Pooling pooling)
{
    switch (pooling) {
        case nn::Pooling::cls:
            return "cls";
        case nn::Pooling::max:
            return "max";
        case nn::Pooling::mean:
            break;
    }
    return "mean";
}

nn::Compute compute_of(plan::StageContext const& context)
{
    nn::Compute compute;
    compute.device = context.device();
    compute.threads = context.threads();
    return compute;
}

/// The embedder that was used last.
struct Kept
{
    std::mutex mutex;
    std::string key;
    std::shared_ptr<nn::Embedder const> embedder;
};

Kept& kept()
{
    static Kept kept;
    return kept;
}

}  // namespace

plan::Params& set_model(plan::Params& params, Checkpoint const& checkpoint)
{
    return params.set("model", checkpoint.content).set_place("model", checkpoint.folder.string());
}

plan::Params& set_embedder(plan::Params& params, Checkpoint const& checkpoint)
{
    return set_model(params, checkpoint)
        .set("pooling", name_of(checkpoint.embedding.pooling))
        .set("normalize", checkpoint.embedding.normalize)
        .set("max_length", checkpoint.embedding.max_length);
}

std::string checked_folder(plan::StageContext const& context)
{
    auto const& folder = context.params().place("model");
    ABLATRIX_VALIDATE(nn::checkpoint_content(folder) == context.params().get<std::string>("model"),
                      "the checkpoint '" + folder +
                          "' has changed since this grid was planned. Put it back, or start the command again");
    return folder;
}

std::shared_ptr<nn::Embedder const> shared_embedder(plan::StageContext const& context)
{
    auto const max_length = context.params().get_int("max_length");
    auto const key = context.params().get<std::string>("model") + ' ' + std::to_string(max_length) + ' ' +
                     context.device() + ' ' + std::to_string(context.threads());
    std::lock_guard const lock(kept().mutex);
    if (kept().key != key) {
        kept().embedder = nullptr;  // the old one goes before the new one comes
        kept().key.clear();
        kept().embedder = std::make_shared<nn::Embedder const>(
            nn::Embedder::load(checked_folder(context), compute_of(context), max_length));
        kept().key = key;
    }
    return kept().embedder;
}

nn::TextClassifier new_classifier(plan::StageContext const& context, std::int32_t classes, nn::FineTuneSeed seed)
{
    {
        std::lock_guard const lock(kept().mutex);
        kept().embedder = nullptr;
        kept().key.clear();
    }
    std::vector<std::string> labels;
    for (std::int32_t c = 0; c < classes; ++c)
        labels.push_back(std::to_string(c));
    return nn::TextClassifier::with_new_head(checked_folder(context), labels, seed, compute_of(context));
}

}  // namespace ablatrix::ecg
