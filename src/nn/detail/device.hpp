#pragma once

#include <ATen/core/Tensor.h>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn::detail {

/// \throws Error for a name that is neither "cpu" nor "cuda:<index>", and for a device that is not there
at::Device device_of(Compute const& compute);

/// The tokenizer of \p folder. \throws DataError when it makes ids that the embedding table of \p config has no row for
text::Tokenizer load_tokenizer(std::filesystem::path const& folder, EncoderConfig const& config);

/// \throws DataError for a token type that the embedding table of \p folder's \p config has no row for
void check_types(text::TokenRows const& tokens, std::filesystem::path const& folder, EncoderConfig const& config);

}  // namespace ablatrix::nn::detail
