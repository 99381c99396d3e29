#include <ATen/ATen.h>

#include <ablatrix/base/error.hpp>

#include "detail/backbone.hpp"
#include "detail/blocks.hpp"

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

// Heads compute in float32 under every policy: they are small and their logits are what studies compare.

/// Dropout, pooler (dense, activation), dropout, classifier: BERT with tanh and no first dropout, DeBERTa as
/// configured.
struct PoolerHead : Head
{
    PoolerHead(EncoderConfig const& config, std::int64_t labels, Activation activation, double pooler_p)
        : pooler(add<Linear>(*this, "pooler.dense", config.hidden, config.hidden, Precision::fp32)),
          classifier(add<Linear>(*this, "classifier", config.hidden, labels, Precision::fp32)),
          activation(activation),
          pooler_p(pooler_p),
          p(config.classifier_dropout)
    {}

    at::Tensor logits(at::Tensor const& sentence, Batch const& batch, Dropout const& dropout) override
    {
        auto const kept = dropout.apply(sentence, pooler_p, 0, Site::pooler, batch);
        auto const pooled = linear_activation(*pooler, kept, activation);
        return classifier->forward(dropout.apply(pooled, p, 0, Site::classifier, batch));
    }

    std::shared_ptr<Linear> pooler, classifier;
    Activation activation;
    double pooler_p, p;
};

/// Dropout, dense, activation, dropout, projection: RoBERTa and BART with tanh, ELECTRA with GELU.
struct DenseHead : Head
{
    DenseHead(EncoderConfig const& config, std::string const& name, std::int64_t labels, Activation activation)
        : dense(add<Linear>(*this, name + ".dense", config.hidden, config.hidden, Precision::fp32)),
          projection(add<Linear>(*this, name + ".out_proj", config.hidden, labels, Precision::fp32)),
          activation(activation),
          p(config.classifier_dropout)
    {}

    at::Tensor logits(at::Tensor const& sentence, Batch const& batch, Dropout const& dropout) override
    {
        auto const kept = dropout.apply(sentence, p, 0, Site::classifier, batch);
        auto const z = linear_activation(*dense, kept, activation);
        return projection->forward(dropout.apply(z, p, 0, Site::classifier_dense, batch));
    }

    std::shared_ptr<Linear> dense, projection;
    Activation activation;
    double p;
};

}  // namespace

std::shared_ptr<Head> make_classifier_head(EncoderConfig const& config, std::int64_t labels)
{
    ABLATRIX_EXPECT(labels > 0);
    switch (config.family) {
        case Family::bert:
            return std::make_shared<PoolerHead>(config, labels, Activation::tanh, 0);
        case Family::roberta:
            return std::make_shared<DenseHead>(config, "classifier", labels, Activation::tanh);
        case Family::electra:
            return std::make_shared<DenseHead>(config, "classifier", labels, Activation::gelu);
        case Family::deberta_v2:
            return std::make_shared<PoolerHead>(config, labels, config.deberta.pooler_activation,
                                                config.deberta.pooler_dropout);
        case Family::bart:
            return std::make_shared<DenseHead>(config, "classification_head", labels, Activation::tanh);
    }
    return {};
}

}  // namespace ablatrix::nn::detail
