#include "detail/backbone.hpp"

namespace ablatrix::nn::detail {

std::shared_ptr<Backbone> make_backbone(EncoderConfig const& config, Precision precision)
{
    switch (config.family) {
        case Family::bert:
        case Family::roberta:
        case Family::electra:
            return make_bert(config, precision);
        case Family::deberta_v2:
            return make_deberta(config, precision);
        case Family::bart:
            return make_bart(config, precision);
    }
    return {};
}

}  // namespace ablatrix::nn::detail
