#include "detail/device.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <string>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {
namespace {

std::optional<at::Device> parsed(std::string const& name)
{
    try {
        at::Device const device(name);
        if (device.is_cpu() || device.is_cuda()) return device;
    }
    catch (c10::Error const&) {
    }
    return std::nullopt;
}

}  // namespace

at::Device device_of(Compute const& compute)
{
    auto const device = parsed(compute.device);
    ABLATRIX_VALIDATE(device.has_value(), "unknown device '" + compute.device + "'. Use cpu or cuda:<index>");
    if (device->is_cpu()) return *device;
    ABLATRIX_VALIDATE(at::hasCUDA(), "no CUDA device (asked for '" + compute.device +
                                         "'; this libtorch has none or the driver is missing). Use cpu");
    auto const count = static_cast<int>(at::detail::getCUDAHooks().getNumGPUs());
    ABLATRIX_VALIDATE(device->index() < count,
                      "no device '" + compute.device + "' (" + std::to_string(count) + " there). Use a smaller index");
    return at::Device(at::kCUDA, device->has_index() ? device->index() : 0);
}

text::Tokenizer load_tokenizer(std::filesystem::path const& folder, EncoderConfig const& config)
{
    auto tokenizer = text::Tokenizer::load(folder);
    if (tokenizer.vocabulary_size() > config.vocabulary) {
        throw DataError(folder.string(), 0,
                        "the tokenizer has ids up to " + std::to_string(tokenizer.vocabulary_size() - 1) +
                            ", the embedding table " + std::to_string(config.vocabulary) +
                            " rows. Take tokenizer and weights of the same checkpoint");
    }
    return tokenizer;
}

void check_types(text::TokenRows const& tokens, std::filesystem::path const& folder, EncoderConfig const& config)
{
    // BART and most of DeBERTa have no table and look at no type; RoBERTa's tokenizers give type 0 alone.
    std::int64_t const types = config.family == Family::roberta ? 1 : config.types;
    if (types == 0 || tokens.type.empty()) return;
    std::int64_t const highest = *std::ranges::max_element(tokens.type);
    if (highest >= types) {
        throw DataError((folder / "config.json").string(), 0,
                        "the tokenizer gives tokens of type " + std::to_string(highest) + ", the model has " +
                            std::to_string(types) + (types == 1 ? " type" : " types") +
                            ". Take tokenizer and weights of the same checkpoint, and pairs only where it has two");
    }
}

}  // namespace ablatrix::nn::detail
