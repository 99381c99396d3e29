#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <ablatrix/nn/safetensors.hpp>

namespace ablatrix::nn::detail {

/// One file of that name, as write_safetensors() writes it, with \p metadata of our own.
void write_safetensors_file(std::filesystem::path const& file,
                            std::map<std::string, TensorView, std::less<>> const& tensors,
                            std::map<std::string, std::string> const& metadata);

}  // namespace ablatrix::nn::detail
